import {
  defineSuite,
  type Element,
  expect,
  type ServerFixtures,
  type Session,
  service,
} from '../../harness/suite/index.ts'

const upload = 'urn:xmpp:http:upload:0'

interface Slot {
  answer: Element
  put: string
  get: string
  headers: Record<string, string>
}

/** What a file is asked to be: its name, size in bytes, and type. */
interface File {
  name?: string
  size?: number
  type?: string
}

const request = (session: Session, { services }: Pick<ServerFixtures, 'services'>, file: File): Promise<Element> => {
  const { name = 'verona.txt', size = 11, type } = file
  const attributes = `filename='${name}' size='${size}'${type ? ` content-type='${type}'` : ''}`
  return session.iq(`<iq type='get' to='${services.upload}'><request xmlns='${upload}' ${attributes}/></iq>`)
}

/** A slot that is granted. */
async function slotFor(session: Session, fixtures: Pick<ServerFixtures, 'services'>, file: File = {}): Promise<Slot> {
  const answer = expect.result(await request(session, fixtures, file), 'a slot')
  const slot = expect.child(answer, 'slot', upload)
  const put = expect.child(slot, 'put')
  const headers = put.getChildren('header').map((header) => [header.attrs.name ?? '', header.getText()])
  return {
    answer,
    put: put.attrs.url ?? '',
    get: expect.child(slot, 'get').attrs.url ?? '',
    headers: Object.fromEntries(headers),
  }
}

const succeeded = (status: number): boolean => status >= 200 && status < 300

export default defineSuite(
  {
    specification: 'XEP-0363',
    version: '1.2.0',
    title: 'HTTP File Upload',
    category: 'IM',
    role: 'xmpp-server',
    requires: [service('upload')],
  },
  ({ test }) => {
    test('xep-0363/4/slot-has-two-https-urls', {
      section: '4',
      level: 'MUST',
      statement: 'a slot has a URL to put the file to and one to get it from, both https',
    }, async (fixtures) => {
      const { put, get, answer } = await slotFor(await fixtures.connect('romeo'), fixtures)
      for (const url of [put, get]) expect.ok(URL.parse(url)?.protocol === 'https:', 'a URL with https', answer)
    })

    test('xep-0363/4/file-name-is-kept', {
      section: '4',
      level: 'SHOULD',
      statement: 'the URL to get the file from ends in the file name that was asked for',
    }, async (fixtures) => {
      const { get } = await slotFor(await fixtures.connect('romeo'), fixtures, { name: 'balcony-1.jpeg' })
      expect.ok(new URL(get).pathname.endsWith('/balcony-1.jpeg'), 'a URL that ends in /balcony-1.jpeg', get)
    })

    test('xep-0363/4/urls-are-percent-encoded', {
      section: '4',
      level: 'MUST',
      statement: 'a file name that is not ASCII is percent-encoded in the URLs, which hold only what RFC 3986 allows',
    }, async (fixtures) => {
      const romeo = await fixtures.connect('romeo')
      const { put, get } = await slotFor(romeo, fixtures, { name: 'très belle ☃ &lt;1&gt;.jpg' })
      for (const url of [put, get]) {
        expect.ok(
          /^https:\/\/(?:[A-Za-z0-9\-._~:/?#[\]@!$&'()*+,;=]|%[0-9A-Fa-f]{2})+$/.test(url),
          'a URL of RFC 3986',
          url,
        )
      }
    })

    test('xep-0363/4/only-known-headers', {
      section: '4',
      level: 'MUST',
      statement: 'the headers that a slot asks for are Authorization, Cookie and Expires, and no others',
    }, async (fixtures) => {
      const { headers } = await slotFor(await fixtures.connect('romeo'), fixtures)
      const names = Object.keys(headers).filter((name) => !/^(authorization|cookie|expires)$/i.test(name))
      expect.equal(names.join(' '), '', 'other headers:')
    })

    test('xep-0363/9.3/urls-cannot-be-guessed', {
      section: '9.3',
      level: 'SHOULD',
      security: true,
      statement: 'two slots for the same file have long random parts that differ',
    }, async (fixtures) => {
      const romeo = await fixtures.connect('romeo')
      const urls = [await slotFor(romeo, fixtures), await slotFor(romeo, fixtures)].map(({ get }) => get)
      const [one = [], two = []] = urls.map((url) => new URL(url).pathname.split('/'))
      const longest = Math.max(...one.filter((part, index) => part !== two[index]).map((part) => part.length), 0)
      expect.ok(longest >= 16, 'a part of 16 or more characters that differs', urls.join(' '))
    })

    test('xep-0363/7/file-is-served', {
      section: '7',
      level: 'MUST',
      statement: 'what is put to the one URL is got from the other, byte for byte',
    }, async (fixtures) => {
      const romeo = await fixtures.connect('romeo')
      const body = Buffer.from(Array.from({ length: 4096 }, (_, index) => index % 256))
      const type = 'application/octet-stream'
      const { put, get, headers } = await slotFor(romeo, fixtures, { name: 'all.bin', size: body.length, type })
      const sent = await fixtures.http(put, {
        method: 'PUT',
        headers: { ...headers, 'Content-Type': type, 'Content-Length': String(body.length) },
        body,
      })
      expect.ok(succeeded(sent.status), 'the upload to succeed', `HTTP status ${sent.status}`)
      const got = await fixtures.http(get)
      expect.equal(got.status, 200, 'the HTTP status')
      expect.ok(got.body.equals(body), 'the same 4096 bytes', `${got.body.length} bytes, not the same`)
    })

    test('xep-0363/7/upload-is-created', {
      section: '7',
      level: 'none',
      statement: 'an upload that succeeds is answered with the HTTP status 201',
    }, async (fixtures) => {
      const { put, headers } = await slotFor(await fixtures.connect('romeo'), fixtures, { size: 5 })
      const { status } = await fixtures.http(put, {
        method: 'PUT',
        headers: { ...headers, 'Content-Length': '5' },
        body: 'hello',
      })
      expect.equal(status, 201, 'the HTTP status')
    })

    for (const [what, size] of [
      ['larger', 4],
      ['smaller', 6],
    ] as const) {
      test(`xep-0363/7/${what}-than-asked-for`, {
        section: '7',
        level: 'MUST',
        control: 'xep-0363/7/file-is-served',
        statement: `a file ${what} than the slot was asked for is refused`,
      }, async (fixtures) => {
        const { put, headers } = await slotFor(await fixtures.connect('romeo'), fixtures, { size })
        const { status } = await fixtures.http(put, {
          method: 'PUT',
          headers: { ...headers, 'Content-Length': '5' },
          body: 'hello',
        })
        expect.ok(!succeeded(status), 'the upload to be refused', `HTTP status ${status}`)
      })
    }

    test('xep-0363/7/another-type-than-asked-for', {
      section: '7',
      level: 'SHOULD',
      control: 'xep-0363/7/file-is-served',
      statement: 'a file of another type than the slot was asked for is refused',
    }, async (fixtures) => {
      const romeo = await fixtures.connect('romeo')
      const { put, headers } = await slotFor(romeo, fixtures, { size: 5, type: 'image/jpeg' })
      const { status } = await fixtures.http(put, {
        method: 'PUT',
        headers: { ...headers, 'Content-Type': 'text/html', 'Content-Length': '5' },
        body: 'hello',
      })
      expect.ok(!succeeded(status), 'the upload to be refused', `HTTP status ${status}`)
    })

    test('xep-0363/6/too-large', {
      section: '6',
      level: 'MAY',
      statement: 'a file of a petabyte is refused with not-acceptable, <file-too-large/> and the maximum size',
    }, async (fixtures) => {
      const answer = await request(await fixtures.connect('romeo'), fixtures, { size: 1_000_000_000_000_000 })
      const error = expect.child(expect.error(answer, 'not-acceptable'), 'error')
      const largest = expect.child(error, 'file-too-large', upload).getChildText('max-file-size')
      expect.ok(Number(largest) > 0, 'a maximum size in bytes', error)
    })

    test('xep-0363/3/maximum-size-holds', {
      section: '3',
      level: 'MUST',
      statement: 'the maximum size that disco#info names is in bytes: that much is granted, one byte more is refused',
    }, async (fixtures) => {
      const romeo = await fixtures.connect('romeo')
      const query = "<query xmlns='http://jabber.org/protocol/disco#info'/>"
      const info = await romeo.iq(`<iq type='get' to='${fixtures.services.upload}'>${query}</iq>`)
      const fields = info
        .getChild('query')
        ?.getChildren('x', 'jabber:x:data')
        .flatMap((form) => form.getChildren('field'))
      const maximum = fields?.find(({ attrs }) => attrs.var === 'max-file-size')?.getChildText('value')
      await fixtures.given('a maximum size in disco#info', async () => expect.ok(maximum, 'max-file-size', info))
      expect.ok(/^\d+$/.test(maximum ?? ''), 'a number of bytes', maximum ?? 'none')
      await slotFor(romeo, fixtures, { size: Number(maximum) })
      expect.error(await request(romeo, fixtures, { size: Number(maximum) + 1 }))
    })

    test('xep-0363/8/web-clients-may-upload', {
      section: '8',
      level: 'SHOULD',
      statement: 'the URL to put to answers the preflight request of a web page from elsewhere with CORS headers',
    }, async (fixtures) => {
      const { put } = await slotFor(await fixtures.connect('romeo'), fixtures)
      const { headers } = await fixtures.http(put, {
        method: 'OPTIONS',
        headers: { Origin: 'https://web.example', 'Access-Control-Request-Method': 'PUT' },
      })
      const origin = headers['access-control-allow-origin']
      expect.ok(['*', 'https://web.example'].includes(origin ?? ''), 'Access-Control-Allow-Origin', origin ?? 'none')
      const methods = headers['access-control-allow-methods'] ?? ''
      expect.ok(/\bPUT\b/.test(methods), 'Access-Control-Allow-Methods with PUT', methods || 'none')
    })
  },
)
