import type { CallScript } from '../../harness/diagnose/testing/call-script.ts'
import {
  checkListThrownAway,
  failedPairNotWoken,
  healthy,
  mediaOffSelectedPair,
  nominationByNumber,
} from '../../harness/diagnose/testing/field-calls.ts'

/** The captures of this folder: what was scripted, the rules that it breaks, and who breaks it. */
export const captures: { file: string; call: () => CallScript; rules: string[]; blame?: string }[] = [
  { file: 'healthy.pcap', call: healthy, rules: [] },
  {
    file: 'f1-data-off-selected-pair.pcap',
    call: mediaOffSelectedPair,
    rules: ['data-off-selected-pair'],
    blame: 'controlled agent',
  },
  {
    file: 'f2-failed-pair-not-woken.pcap',
    call: failedPairNotWoken,
    rules: ['no-triggered-check-after-failure'],
    blame: 'controlled agent',
  },
  {
    file: 'f4-check-list-thrown-away.pcap',
    call: checkListThrownAway,
    rules: ['check-list-thrown-away', 'second-component-alone'],
    blame: 'controlled agent',
  },
  {
    file: 'f5-nomination-by-number.pcap',
    call: nominationByNumber,
    rules: ['nomination-by-unagreed-attribute'],
    blame: 'controlling agent',
  },
]
