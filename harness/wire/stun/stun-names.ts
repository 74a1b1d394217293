/** Methods: RFC 8489 §18.2, RFC 8656 §17. */
export const stunMethods: Record<number, string> = {
  1: 'Binding',
  3: 'Allocate',
  4: 'Refresh',
  6: 'Send',
  7: 'Data',
  8: 'CreatePermission',
  9: 'ChannelBind',
  10: 'Connect',
  11: 'ConnectionBind',
  12: 'ConnectionAttempt',
}

/** Attributes by name: RFC 8489 §18.3, RFC 8445 §20.1, RFC 8656 §18, RFC 5780 §7, RFC 6062 §6.2, and those seen in the field. */
export const stunAttributes = {
  MAPPED_ADDRESS: 0x0001,
  CHANGE_REQUEST: 0x0003,
  SOURCE_ADDRESS: 0x0004,
  CHANGED_ADDRESS: 0x0005,
  USERNAME: 0x0006,
  MESSAGE_INTEGRITY: 0x0008,
  ERROR_CODE: 0x0009,
  UNKNOWN_ATTRIBUTES: 0x000a,
  CHANNEL_NUMBER: 0x000c,
  LIFETIME: 0x000d,
  XOR_PEER_ADDRESS: 0x0012,
  DATA: 0x0013,
  REALM: 0x0014,
  NONCE: 0x0015,
  XOR_RELAYED_ADDRESS: 0x0016,
  REQUESTED_ADDRESS_FAMILY: 0x0017,
  EVEN_PORT: 0x0018,
  REQUESTED_TRANSPORT: 0x0019,
  DONT_FRAGMENT: 0x001a,
  MESSAGE_INTEGRITY_SHA256: 0x001c,
  PASSWORD_ALGORITHM: 0x001d,
  USERHASH: 0x001e,
  XOR_MAPPED_ADDRESS: 0x0020,
  RESERVATION_TOKEN: 0x0022,
  PRIORITY: 0x0024,
  USE_CANDIDATE: 0x0025,
  PADDING: 0x0026,
  RESPONSE_PORT: 0x0027,
  CONNECTION_ID: 0x002a,
  ADDITIONAL_ADDRESS_FAMILY: 0x8000,
  ADDRESS_ERROR_CODE: 0x8001,
  PASSWORD_ALGORITHMS: 0x8002,
  ALTERNATE_DOMAIN: 0x8003,
  ICMP: 0x8004,
  SOFTWARE: 0x8022,
  ALTERNATE_SERVER: 0x8023,
  FINGERPRINT: 0x8028,
  ICE_CONTROLLED: 0x8029,
  ICE_CONTROLLING: 0x802a,
  RESPONSE_ORIGIN: 0x802b,
  OTHER_ADDRESS: 0x802c,
  /** In no registry: libwebrtc's nomination by a number, where both sides agreed to renomination. */
  NOMINATION: 0xc001,
  /** In no registry: libwebrtc's identifier and cost of a network. */
  NETWORK_COST: 0xc057,
} as const

export type StunAttributeName = keyof typeof stunAttributes

const byNumber = new Map<number, string>(
  Object.entries(stunAttributes).map(([name, number]) => [number, name.replaceAll('_', '-')]),
)

/** `XOR-MAPPED-ADDRESS`; of one that nobody registered, its number: `0xC0DE`. */
export const attributeName = (type: number): string =>
  byNumber.get(type) ?? `0x${type.toString(16).toUpperCase().padStart(4, '0')}`

/** Whether a receiver that does not know it must refuse the message (RFC 8489 §14). */
export const comprehensionRequired = (type: number): boolean => type < 0x8000
