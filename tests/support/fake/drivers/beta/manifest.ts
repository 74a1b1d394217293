import { defineManifest } from '../../../../../harness/lab/implementation.ts'

export default defineManifest({
  id: 'beta',
  name: 'Beta',
  family: 'greek',
  homepage: 'https://beta.example/',
  roles: ['xmpp-client'],
  runtime: 'embedded',
  capabilities: ['websocket'],
  variants: [{ version: '3.1', source: { kind: 'npm', package: 'beta' } }],
})
