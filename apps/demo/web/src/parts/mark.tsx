const PATHS = {
  good: 'M4.5 10.5l3.5 3.5 7.5-8',
  bad: 'M5.5 5.5l9 9m0-9l-9 9',
  warn: 'M10 4.5v6.5m0 3.6v.2',
  plain: 'M10 9v5m0-8.2v.2',
} as const;

/** Draws an icon beside a text that says the same, so that no meaning depends on the icon or its colour. */
export function Mark({ tone }: { readonly tone: keyof typeof PATHS }) {
  return (
    <svg class={`mark ${tone}`} viewBox="0 0 20 20" aria-hidden="true" focusable="false">
      <path d={PATHS[tone]} />
    </svg>
  );
}
