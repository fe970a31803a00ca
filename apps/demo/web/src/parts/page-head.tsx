import type { ComponentChildren } from 'preact';

export function PageHead({
  title,
  children,
}: {
  readonly title: string;
  readonly children: ComponentChildren;
}) {
  return (
    <div class="page-head">
      <h1>{title}</h1>
      <p class="lead">{children}</p>
    </div>
  );
}
