import type { Diagnosis, Finding } from '../diagnose/index.ts'

/** A diagnosis for people: each session's story, the findings, and what could not be checked. */
export function describeDiagnosis({ captures, sessions, findings, notChecked }: Diagnosis): string {
  const parts = [
    captures.map(({ name, format, packets, firstAt, lastAt }) => {
      const seconds = ((lastAt ?? 0) - (firstAt ?? 0)) / 1e6
      return `${name}: ${format}, ${packets} packets in ${seconds.toFixed(1)} s`
    }),
    ...sessions.map(({ agents, capture, story }, index) => [
      `Session ${index + 1}: ICE between ${agents.map(({ name, ufrag }) => `${name} (${ufrag})`).join(' and ')}${captures.length > 1 ? `, in ${capture}` : ''}`,
      ...story.map((line) => `  ${line}`),
    ]),
    findings.length === 0
      ? [sessions.length === 0 ? 'No session was found.' : 'No findings: every rule that could be checked holds.']
      : [`Findings: ${findings.length}`, ...findings.flatMap((one) => ['', ...describeFinding(one, sessions.length)])],
    ...(notChecked.length === 0 ? [] : [['Not checked:', ...notChecked.map((line) => `  ${line}`)]]),
  ]
  return parts.map((lines) => lines.join('\n')).join('\n\n')
}

function describeFinding(finding: Finding, sessions: number): string[] {
  const { level, rule, specification, section, blame, agent, session, explanation, detail, packets } = finding
  const whose = agent ? `${blame} ${agent}` : blame
  const where = session !== undefined && sessions > 1 ? `, session ${session + 1}` : ''
  return [
    `  ${level === 'none' ? 'NOTE' : level}  ${rule}  ${specification} §${section}  blame: ${whose}${where}`,
    `        ${explanation}`,
    `        ${detail}`,
    `        packets ${packets.join(', ')}`,
  ]
}
