import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Diagnosis } from '../../harness/diagnose/diagnosis.ts'
import type { Ladder } from '../../harness/diagnose/ladder/ladder.ts'
import { escapeXml } from '../junit/escape-xml.ts'
import { ladderSvg } from '../ladder/ladder-svg.ts'
import { visible } from '../model/visible.ts'

type Finding = Diagnosis['findings'][number]

const style = ['../html/styles/1-base.css', '../ladder/ladder.css', 'diagnosis.css'].map((file) =>
  readFileSync(join(import.meta.dirname, file), 'utf8'),
)

/**
 * A diagnosis as one page that needs nothing beside it: findings, what could not be checked, and each session with its
 * story and ladder.
 *
 * @param ladders one for each session
 */
export function diagnosisPage(
  title: string,
  { captures, sessions, findings, notChecked }: Diagnosis,
  ladders: Ladder[],
): string {
  const files = captures.map(({ name, format, packets }) => `${name} (${format}, ${packets} packets)`).join(', ')
  const clean = sessions.length === 0 ? 'No session was found.' : 'No findings: every rule that could be checked holds.'
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${text(title)} · Assay</title>
<style>
${style.join('\n')}</style>
</head>
<body class="page-diagnosis">
<main id="main">
<h1>What happened in ${text(title)}</h1>
<p class="muted">${text(files)}</p>
<section><h2>Findings</h2>
${findings.length === 0 ? `<p class="clean">${clean}</p>` : findings.map(findingBlock).join('\n')}
</section>
${sessions.map((session, index) => sessionBlock(session, index, ladders[index])).join('\n')}
${notChecked.length === 0 ? '' : `<section><h2>Not checked</h2><ul>${notChecked.map((line) => `<li>${text(line)}</li>`).join('')}</ul></section>`}
</main>
</body>
</html>
`
}

function findingBlock(finding: Finding, index: number): string {
  const { level, rule, specification, section, title, blame, agent, session, explanation, detail, packets } = finding
  const where = session === undefined ? '' : `, <a href="#session-${session + 1}">session ${session + 1}</a>`
  return `<article class="finding ${level.toLowerCase()}" id="finding-${index + 1}">
<h3><span class="number">${index + 1}</span> ${text(title)}</h3>
<p class="where"><b>${level === 'none' ? 'note' : level}</b> · <code>${text(rule)}</code> · ${text(specification)} §${text(section)} · blame: <b>${text(blame)}${agent ? ` ${text(agent)}` : ''}</b>${where}</p>
<p>${text(explanation)}</p>
<p>${text(detail)}</p>
<p class="where">Packets ${packets.join(', ')}</p>
</article>`
}

function sessionBlock(
  { agents, story }: Diagnosis['sessions'][number],
  index: number,
  ladder: Ladder | undefined,
): string {
  const names = agents.map(({ name, ufrag, role }) => `${text(name)} (${text(ufrag)}${role ? `, ${text(role)}` : ''})`)
  return `<section id="session-${index + 1}">
<h2>Session ${index + 1}: ${names.join(' and ')}</h2>
<ol class="story">${story.map((line) => `<li>${text(line)}</li>`).join('')}</ol>
${ladder ? `<div class="drawing" tabindex="0">${ladderSvg(ladder, { links: true })}</div>` : ''}
</section>`
}

const text = (value: string): string => escapeXml(visible(value))
