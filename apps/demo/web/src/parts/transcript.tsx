import type { Exchange, Step } from '../../../src/lab/transcript.js';

export interface Outcome {
  readonly holds: boolean;
  readonly says: string;
  readonly steps: readonly Step[];
}

/** Shows the requests and responses of an attack, step by step. */
export function Transcript({ outcome }: { readonly outcome: Outcome }) {
  return (
    <details class="transcript">
      <summary>Requests and responses</summary>
      <ol>
        {outcome.steps.map((step) => (
          <li key={step.title}>
            <p class="step-title">{step.title}</p>
            {step.exchanges.map((exchange, index) => (
              <ExchangeText key={index} exchange={exchange} />
            ))}
            {step.more > 0 && <p class="muted">… and {step.more} more like these</p>}
            {step.note && <p>{step.note}</p>}
          </li>
        ))}
      </ol>
    </details>
  );
}

function ExchangeText({ exchange }: { readonly exchange: Exchange }) {
  const { by, method, path, cookie, sent, status, setCookie, received } = exchange;
  const lines = [
    `${method} ${path}`,
    ...(cookie ? [`Cookie: ${cookie}`] : []),
    ...(sent ? [JSON.stringify(sent)] : []),
    '',
    `${status}`,
    ...(setCookie ? [`Set-Cookie: ${setCookie}`] : []),
    ...(received ? [received] : []),
  ];
  return (
    <figure class="exchange">
      <figcaption class="muted">{by}</figcaption>
      <pre>{lines.join('\n')}</pre>
    </figure>
  );
}
