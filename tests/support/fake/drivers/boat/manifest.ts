import { defineManifest } from '../../../../../harness/lab/implementation.ts'

export default defineManifest({
  id: 'boat',
  name: 'Boat',
  family: 'boats',
  homepage: 'https://boat.example/',
  roles: ['xmpp-server'],
  runtime: 'embedded',
  variants: [{ version: '0.9', source: { kind: 'npm', package: 'boat' } }],
})
