import type { Endpoint } from '../../wire/ip/address.ts'

/** A candidate as it was signalled (RFC 8839 §5.1, XEP-0176 §5.3). */
export interface SignalledCandidate {
  foundation?: string
  component: number
  transport: string
  priority: number
  type: string
  /** The address may be a name (`….local`). */
  endpoint: Endpoint
}

/** What one side signalled of ICE, DTLS and direction, whatever carried it. */
export interface IceDescription {
  ufrag: string
  password?: string
  lite: boolean
  options: string[]
  candidates: SignalledCandidate[]
  /** Whether some came after the description: then it may be that not all are known. */
  trickled?: boolean
  /** RFC 8842 §5.1: active, passive, actpass, holdconn. */
  setup?: string
  /** Whether a certificate fingerprint was given, which asks for DTLS. */
  wantsDtls: boolean
  /** RFC 8866 §6.7. */
  direction?: 'sendrecv' | 'sendonly' | 'recvonly' | 'inactive'
  rtcpMux: boolean
}
