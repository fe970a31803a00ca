// Draws the throughput of the request table as an SVG that works in light and dark mode without scripts or fonts.

const WIDTH = 720;
const LEFT = 232;
const BAR = 22;
const GAP = 8;
const HEAD = 46;
const SECTION = 34;
const FULL = WIDTH - LEFT - 70;
/** The subjects of the chart, their labels for readers who know none of them, and which bars are this module's. */
const SUBJECTS = {
  none: { label: 'no sessions', kind: 'none' },
  'express-session': { label: 'express-session + connect-redis', kind: 'other' },
  'fastify-session': { label: '@fastify/session + connect-redis', kind: 'other' },
  'better-auth': { label: 'better-auth + Redis', kind: 'other' },
  'jwt-hs256': { label: 'JWT by @nestjs/jwt', kind: 'other' },
  strict: { label: 'nestjs-redis-session', kind: 'ours' },
  cached: { label: 'nestjs-redis-session, cache on', kind: 'ours' },
};
const STYLE = [
  '.paper { fill: #ffffff } text { fill: #24292f } .note { fill: #57606a }',
  '.ours { fill: #0d6b5e } .other { fill: #c9a06a } .none { fill: #9aa5b1 }',
  '@media (prefers-color-scheme: dark) {',
  '.paper { fill: #0d1117 } text { fill: #e6edf3 } .note { fill: #9198a1 }',
  '.ours { fill: #2fa894 } .other { fill: #a87f4b } .none { fill: #6e7681 } }',
].join(' ');

/** @param requests rows of the request table */
export function drawChart(requests, machine) {
  const parts = [];
  let y = HEAD;
  for (const adapter of ['express', 'fastify']) {
    parts.push(text(LEFT, y + 18, adapter === 'express' ? 'On Express' : 'On Fastify', 'bold'));
    y += SECTION;
    for (const row of requests.filter((one) => one.adapter === adapter && one.name in SUBJECTS)) {
      parts.push(bar(row, y));
      y += BAR + GAP;
    }
    y += GAP;
  }
  const title = 'Throughput of a signed-in request, relative to the same application without sessions';
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${y + 30}" role="img" font-family="sans-serif" font-size="13">`,
    `<title>${title}</title>`,
    `<style>${STYLE}</style>`,
    `<rect class="paper" width="${WIDTH}" height="${y + 30}"/>`,
    text(12, 24, title, 'bold'),
    ...parts,
    `<text class="note" x="12" y="${y + 14}" font-size="10">${escape(machine.text)}</text>`,
    '</svg>',
    '',
  ].join('\n');
}

function bar({ name, throughputRatio }, y) {
  const width = Math.max(1, Math.min(1.05, throughputRatio) * FULL).toFixed(1);
  const { label, kind } = SUBJECTS[name];
  const weight = kind === 'ours' ? 'bold' : 'normal';
  const caption = `<text x="${LEFT - 10}" y="${y + 15}" text-anchor="end" font-weight="${weight}">${escape(label)}</text>`;
  const shape = `<rect class="${kind}" x="${LEFT}" y="${y}" width="${width}" height="${BAR}"/>`;
  return caption + shape + text(LEFT + Number(width) + 8, y + 15, throughputRatio.toFixed(2));
}

function text(x, y, content, weight = 'normal') {
  return `<text x="${x}" y="${y}" font-weight="${weight}">${escape(content)}</text>`;
}

function escape(content) {
  return content.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;');
}
