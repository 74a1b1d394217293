import { defineManifest } from '../../../../harness/lab/implementation.ts'
import { badDays } from './bad-days.ts'

export default defineManifest({
  id: 'badly',
  name: 'Client with a bad day',
  family: 'badly',
  homepage: 'https://example.org/badly',
  roles: ['xmpp-client'],
  runtime: 'embedded',
  capabilities: ['starttls'],
  variants: Object.keys(badDays).map((version) => ({ version, source: { kind: 'npm', package: '@xmpp/client' } })),
})
