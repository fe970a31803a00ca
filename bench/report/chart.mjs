// The throughput of the request table as a chart that needs nothing to be shown.

const WIDTH = 720;
const LEFT = 170;
const BAR = 22;
const GAP = 8;
const HEAD = 46;
const SECTION = 34;
const FULL = WIDTH - LEFT - 70;
const COLOURS = { none: '#9aa5b1', strict: '#1f6feb', cached: '#0a3d91' };
const OTHER = '#d9822b';

/** @param requests rows of the request table */
export function drawChart(requests, machine) {
  const parts = [];
  let y = HEAD;
  for (const adapter of ['express', 'fastify']) {
    parts.push(text(LEFT, y + 18, adapter === 'express' ? 'on Express' : 'on Fastify', 'bold'));
    y += SECTION;
    for (const row of requests.filter((one) => one.adapter === adapter)) {
      parts.push(bar(row, y));
      y += BAR + GAP;
    }
    y += GAP;
  }
  const title = 'Throughput of a signed-in request, as a share of the same application without sessions';
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${y + 30}" role="img" font-family="sans-serif" font-size="13">`,
    `<title>${title}</title>`,
    `<rect width="${WIDTH}" height="${y + 30}" fill="#ffffff"/>`,
    text(12, 24, title, 'bold'),
    ...parts,
    `<text x="12" y="${y + 14}" font-size="10" fill="#57606a">${escape(machine.text)}</text>`,
    '</svg>',
    '',
  ].join('\n');
}

function bar({ name, throughputRatio }, y) {
  const width = Math.max(1, Math.min(1.05, throughputRatio) * FULL).toFixed(1);
  const label = `<text x="${LEFT - 10}" y="${y + 15}" text-anchor="end" fill="#24292f">${escape(name)}</text>`;
  const shape = `<rect x="${LEFT}" y="${y}" width="${width}" height="${BAR}" fill="${COLOURS[name] ?? OTHER}"/>`;
  return label + shape + text(LEFT + Number(width) + 8, y + 15, throughputRatio.toFixed(2));
}

function text(x, y, content, weight = 'normal') {
  return `<text x="${x}" y="${y}" font-weight="${weight}" fill="#24292f">${escape(content)}</text>`;
}

function escape(content) {
  return content.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;');
}
