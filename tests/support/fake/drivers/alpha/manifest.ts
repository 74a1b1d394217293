import { defineManifest } from '../../../../../harness/lab/implementation.ts'

export default defineManifest({
  id: 'alpha',
  name: 'Alpha',
  family: 'greek',
  homepage: 'https://alpha.example/',
  roles: ['xmpp-client'],
  runtime: 'embedded',
  capabilities: ['starttls', 'direct-tls', 'websocket'],
  variants: [
    { version: '1.0.0', source: { kind: 'npm', package: 'alpha-1' }, lacks: { websocket: 'came with 2.0' } },
    { version: '2.0.0', source: { kind: 'npm', package: 'alpha' } },
  ],
})
