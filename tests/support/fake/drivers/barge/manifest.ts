import { defineManifest } from '../../../../../harness/lab/implementation.ts'

export default defineManifest({
  id: 'barge',
  name: 'Barge',
  family: 'boats',
  homepage: 'https://barge.example/',
  roles: ['xmpp-server'],
  runtime: 'docker',
  variants: [{ version: '1.2', source: { kind: 'image', context: 'barge' } }],
})
