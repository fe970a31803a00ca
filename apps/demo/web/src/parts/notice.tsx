import type { ComponentChildren, Ref } from 'preact';
import { Mark } from './mark.js';

interface Props {
  readonly tone: 'good' | 'warn' | 'bad' | 'plain';
  readonly title?: string;
  readonly children?: ComponentChildren;
  readonly actions?: ComponentChildren;
  readonly innerRef?: Ref<HTMLDivElement>;
}

const ROLES = { good: 'status', plain: 'status', warn: 'alert', bad: 'alert' } as const;

/** Reports something that has just happened. Screen readers announce it at once. */
export function Notice({ tone, title, children, actions, innerRef }: Props) {
  return (
    <div class={`notice ${tone}`} role={ROLES[tone]} ref={innerRef} tabIndex={-1}>
      <Mark tone={tone} />
      <div class="notice-text">
        {title && <p class="notice-title">{title}</p>}
        {children && <div>{children}</div>}
      </div>
      {actions && <div class="notice-actions">{actions}</div>}
    </div>
  );
}
