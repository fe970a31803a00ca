import type { ComponentChildren, Ref } from 'preact';
import { Mark } from './mark.js';

interface Props {
  readonly tone: 'good' | 'bad' | 'plain';
  readonly title?: string;
  readonly children?: ComponentChildren;
  readonly actions?: ComponentChildren;
  readonly innerRef?: Ref<HTMLDivElement>;
}

/** Something that has just happened, which a screen reader says at once. */
export function Notice({ tone, title, children, actions, innerRef }: Props) {
  return (
    <div class={`notice ${tone}`} role={tone === 'bad' ? 'alert' : 'status'} ref={innerRef} tabIndex={-1}>
      <Mark tone={tone} />
      <div class="notice-text">
        {title && <p class="notice-title">{title}</p>}
        {children && <div>{children}</div>}
      </div>
      {actions && <div class="notice-actions">{actions}</div>}
    </div>
  );
}
