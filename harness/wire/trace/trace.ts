import type { Endpoint } from '../ip/address.ts'
import type { StunMessage } from '../stun/stun-message.ts'

/** A message that breaks its own format. Hostile bytes end here, never in an exception. */
export interface MalformedMessage {
  kind: 'malformed'
  as: 'stun' | 'turn' | 'dtls' | 'rtp' | 'rtcp' | 'udp' | 'tcp' | 'ip'
  reason: string
  /** Bytes. */
  length: number
}

/** ChannelData (RFC 8656 §12.4): what it carries is a message of its own, with `relayed`. */
export interface ChannelData {
  kind: 'channel-data'
  channel: number
  /** Bytes of application data. */
  length: number
}

/** One DTLS record (RFC 6347 §4.1, RFC 9147 §4), with its handshake message where that can be read. */
export interface DtlsRecord {
  kind: 'dtls'
  /** 20 change_cipher_spec, 21 alert, 22 handshake, 23 application_data, 25 tls12_cid, 26 ack; 'unified' for DTLS 1.3's encrypted header. */
  contentType: number | 'unified'
  /** As on the wire: 0xfefd for DTLS 1.2. */
  version?: number
  epoch: number
  /** 48 bits; of a unified header the bits that it has. */
  sequence: number
  /** Bytes behind the record's header. */
  length: number
  /** Of a handshake record that is not encrypted; one for each fragment that it carries. */
  handshake?: DtlsHandshake[]
  /** Of an alert that is not encrypted. */
  alert?: { level: number; description: number }
}

/** The head of a handshake message (RFC 6347 §4.2.2), and what of its body is looked at. */
export interface DtlsHandshake {
  /** 1 client_hello, 2 server_hello, 3 hello_verify_request, 11 certificate, … */
  type: number
  length: number
  sequence: number
  fragmentOffset: number
  fragmentLength: number
  /** Of client_hello and server_hello that are whole; of one in fragments with its last. */
  hello?: {
    version: number
    /** Hexadecimal digits. */
    random: string
    cipherSuites: number[]
    extensions: number[]
    /** use_srtp (RFC 5764 §4.1.2): the protection profiles. */
    srtpProfiles?: number[]
  }
}

/** An RTP header (RFC 3550 §5.1). Of SRTP it is in clear, and so is read alike. */
export interface RtpHeader {
  kind: 'rtp'
  payloadType: number
  marker: boolean
  sequence: number
  timestamp: number
  ssrc: number
  csrcs: number[]
  /** Profile of the header extension (RFC 8285: 0xbede), if any. */
  extension?: { profile: number; length: number }
  padding: boolean
  /** Bytes behind the header, padding included. */
  payloadLength: number
}

/** One packet of an RTCP compound (RFC 3550 §6); of SRTCP only the first can be read. */
export interface RtcpPacket {
  kind: 'rtcp'
  /** 200 SR, 201 RR, 202 SDES, 203 BYE, 204 APP, 205 RTPFB, 206 PSFB, 207 XR. */
  packetType: number
  /** The count or format field. */
  count: number
  /** Bytes, its header included. */
  length: number
  ssrc?: number
}

/** Bytes of a flow that nothing here reads. */
export interface OtherData {
  kind: 'other'
  length: number
}

export type MessageBody = StunMessage | ChannelData | DtlsRecord | RtpHeader | RtcpPacket | OtherData | MalformedMessage

/** How a message came that was relayed: between a client and its TURN server (RFC 8656 §11, §12). */
export interface Relayed {
  as: 'channel-data' | 'send-indication' | 'data-indication'
  /** By its number, where `as` is channel-data. */
  channel?: number
  /** The peer at the other end: of an indication always known, of a channel once its ChannelBind was seen. */
  peer?: Endpoint
}

/** One message of a capture, with where and when. */
export interface WireMessage<Body extends MessageBody = MessageBody> {
  /** Which of the captures, from 0. */
  capture: number
  /** Number of the packet that completed it, from 1, as Wireshark counts. */
  packet: number
  /** Epoch microseconds. */
  at: number
  transport: 'udp' | 'tcp'
  source: Endpoint
  destination: Endpoint
  /** Where it travelled inside TURN; source and destination are then the client's and its server's. */
  relayed?: Relayed
  body: Body
}

/** Data of one direction of one 5-tuple and one kind, added up: media is never kept packet by packet. */
export interface DataFlow {
  kind: 'rtp' | 'rtcp' | 'dtls-data' | 'other'
  capture: number
  transport: 'udp' | 'tcp'
  source: Endpoint
  destination: Endpoint
  relayed?: Relayed
  /** Of RTP. */
  ssrc?: number
  payloadTypes?: number[]
  /** Datagrams (of DTLS: records). */
  packets: number
  /** Bytes of the messages, headers of RTP or DTLS included. */
  bytes: number
  /** Runs of packets without a gap of a second or more, in order; at most 10 000, the rest joined to the last. */
  bursts: { from: number; to: number; firstPacket: number; lastPacket: number; packets: number }[]
}

/** One capture that was read. */
export interface CaptureSummary {
  name: string
  format: 'pcap' | 'pcapng'
  packets: number
  /** Epoch microseconds; undefined of one without packets. */
  firstAt?: number
  lastAt?: number
  /** The TLS key log that a pcapng file carries, text in the format of SSLKEYLOGFILE. */
  keyLog?: string
  /** Why reading stopped before its end: torn, a length that lies. */
  fault?: string
}

/** What captures hold of calls, on one time axis: the input of every rule. */
export interface Trace {
  captures: CaptureSummary[]
  /**
   * STUN and TURN messages, DTLS records that are no application data, and malformed ones; by time. Send and Data
   * indications (RFC 8656 §11) are left out for what they carry, which says `relayed`.
   */
  messages: WireMessage<StunMessage | DtlsRecord | MalformedMessage>[]
  flows: DataFlow[]
  /** What was left out, and why: a bound was reached, packets were cut by the capture. One sentence each. */
  notes: string[]
}
