import { existsSync } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import { tmpdir, totalmem } from 'node:os'
import path from 'node:path'
import { askNameServer } from '../lab/dns/ask.ts'
import { DriverProcess } from '../lab/embedded/driver-process.ts'
import { RpcDriver } from '../lab/embedded/rpc-driver.ts'
import type { Manifest, Variant } from '../lab/implementation.ts'
import { LabError } from '../lab/lab.ts'
import { ownLoopbackAddress } from '../lab/own-address.ts'
import { driversFolder } from '../plan/registry.ts'
import { type CertificateStore, createCertificateStore } from '../tester/xmpp-server/certificate-kinds.ts'
import { driverCommand } from './driver-command.ts'
import type { LabNames } from './probe-network.ts'

/** The XMPP domain of the scripted server. */
export const labDomain = 'assay.test'

/** Where the drivers of one client come from, and where they find the tester. */
export interface DriverSource extends AsyncDisposable {
  /** Address that the tester is to listen on, and the one under which the client finds it. */
  readonly address: TesterAddress
  /** All of them, that one first. */
  readonly addresses: TesterAddress[]
  /** Of an authority that the client is told to trust. */
  readonly certificates: CertificateStore
  /** What it is that runs: package, image. */
  readonly provenance: Record<string, string>
  /** Starts a process of the driver. */
  start(): RpcDriver
  /** IPv4 address that a process of the driver has towards the tester. */
  clientAddress(): Promise<string>
  /** What it has of addresses where one probe has every port for itself, and one where nobody is. */
  readonly places: Pick<LabNames, 'ownAddress' | 'emptyAddress'>
  /** Names the server that names are looked up at; undefined where the client's surroundings cannot be given one. */
  useNames?(server: { host: string; port: number }): void
}

/** Where the tester listens, and the IPv4 address under which the client finds that. */
export interface TesterAddress {
  listen: string
  seen: string
}

export interface DriverSourceOptions {
  described: { manifest: Manifest; variant: Variant }
  runId: string
  cellId: string
  /** A folder for files of the lab; made when missing, removed by the caller. */
  scratch: string
  /** How many of its processes are to run side by side at most. */
  processes: number
  /** How many addresses the tester is to have, where the lab can give it several; one by default. */
  addresses?: number
  /** Told what is going on: images being built. */
  tell?(line: string): void
}

const mebibyte = 1024 * 1024
/** Memory of a container: at least so much, and so much for each process that runs side by side. */
const memory = { least: 1024 * mebibyte, each: 384 * mebibyte }

/**
 * Opens the lab of a client: of one from npm on this machine's loopback, of one in an image in a container.
 *
 * @throws LabError when there is none to be had; nothing stays behind then.
 */
export function openDriverSource(options: DriverSourceOptions): Promise<DriverSource> {
  const { runtime } = options.described.manifest
  if (runtime === 'embedded') return embeddedSource(options)
  if (runtime === 'docker') return dockerSource(options)
  throw new LabError(`there is no lab for clients of the runtime ${runtime}`)
}

const ownAddress = () => {
  const own = ownLoopbackAddress()
  return own === undefined ? undefined : { listen: own, seen: own }
}

/** Of clients that run beside the tester. */
export const placesOfThisMachine: DriverSource['places'] = {
  ownAddress,
  emptyAddress: ownAddress()?.seen ?? '127.0.0.1',
}

async function embeddedSource({ described, scratch }: DriverSourceOptions): Promise<DriverSource> {
  const { variant } = described
  const here = { listen: '127.0.0.1', seen: '127.0.0.1' }
  const certificates = await createCertificateStore(labDomain, here.seen)
  await mkdir(scratch, { recursive: true })
  const caFile = path.join(scratch, 'ca.pem')
  await writeFile(caFile, certificates.caPem)
  const command = driverCommand(described, caFile, tmpdir())
  const environment: Record<string, string> = { ...command.environment }
  return {
    address: here,
    addresses: [here],
    places: placesOfThisMachine,
    clientAddress: async () => here.seen,
    certificates,
    provenance: {
      ...(variant.source.kind === 'npm' ? { package: `${variant.source.package}@${variant.version}` } : {}),
      node: process.version,
      openssl: process.versions.openssl,
    },
    // Nobody can give one process on this machine another resolv.conf: its driver has to heed this.
    useNames: ({ host, port }) => {
      environment.ASSAY_DNS = `${host}:${port}`
    },
    start: () => new DriverProcess({ ...command, environment }),
    [Symbol.asyncDispose]: async () => {},
  }
}

/** What an image provides, and where the lab puts the certificate of its authority. */
const inImage = { driver: '/assay/driver', ca: '/assay/lab/ca.pem' }

async function dockerSource(options: DriverSourceOptions): Promise<DriverSource> {
  const [{ ClientLab }, { ensureImage }, { packageOf }] = await Promise.all([
    import('../lab/docker/client-lab.ts'),
    import('../lab/docker/images.ts'),
    import('../lab/docker/configuration.ts'),
  ])
  const { described, runId, cellId, processes, tell } = options
  const { manifest, variant } = described
  const name = `${manifest.id} ${variant.version}`
  if (variant.source.kind !== 'image') throw new LabError(`${name} does not come as an image`)
  const { context, buildArgs } = variant.source
  const image = await ensureImage(context, buildArgs, {
    peer: peerFolder(manifest.id),
    ...(tell ? { onProgress: tell } : {}),
  })
  const lab = await ClientLab.create({
    runId,
    cellId,
    name,
    ...(options.addresses ? { addresses: options.addresses } : {}),
    image: image.tag,
    memoryBytes: Math.min(Math.max(memory.least, processes * memory.each), Math.floor(totalmem() / 2)),
    environment: {
      ASSAY_CA_FILE: inImage.ca,
      SSL_CERT_FILE: inImage.ca,
      NODE_EXTRA_CA_CERTS: inImage.ca,
      ASSAY_VARIANT: variant.version,
    },
  })
  try {
    const [address] = lab.addresses
    if (!address) throw new LabError(`${name} has no way to the tester`)
    const certificates = await createCertificateStore(labDomain, address.seen)
    await lab.put(inImage.ca, certificates.caPem)
    return {
      address,
      addresses: lab.addresses,
      clientAddress: () => lab.containerAddress(),
      // Its own loopback, where nobody listens.
      places: { ownAddress: () => undefined, emptyAddress: '127.0.0.2' },
      useNames: (server) => lab.useNames((question) => askNameServer(question, server)),
      certificates,
      provenance: { image: image.tag, imageId: image.id, package: await packageOf(await lab.containerId()) },
      start: () => new RpcDriver(lab.start([inImage.driver])),
      [Symbol.asyncDispose]: () => lab[Symbol.asyncDispose](),
    }
  } catch (cause) {
    await lab[Symbol.asyncDispose]()
    throw cause
  }
}

/** A driver's sources for the image of its implementation, where it has some. */
export function peerFolder(id: string): string | undefined {
  const folder = path.join(driversFolder, id, 'peer')
  return existsSync(folder) ? folder : undefined
}
