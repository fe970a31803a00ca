import { SessionOptionsError } from 'nestjs-redis-session';
import { SettingsError } from './settings/settings.error.js';

/** Describes why the demo did not start: in one line when the operator can fix the cause, otherwise with the stack. */
export function describeStartFailure(error: unknown): string {
  if (error instanceof SettingsError) return error.message;
  if (error instanceof SessionOptionsError) return error.message.replaceAll('\n- ', ' ');
  return describeListenFailure(error as ListenFailure) ?? (error as Error).stack ?? String(error);
}

interface ListenFailure extends NodeJS.ErrnoException {
  readonly address?: string;
  readonly port?: number;
  readonly hostname?: string;
}

function describeListenFailure({ code, address, port, hostname }: ListenFailure): string | null {
  switch (code) {
    case 'EADDRINUSE':
      return `PORT: expected a free port, received ${port}, which is in use. Set another PORT, or stop the process that listens there.`;
    case 'EACCES':
      return `PORT: expected a port that this user may bind, received ${port}. Set a PORT of 1024 or more.`;
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
      return `HOST: expected an address of this machine, received "${hostname ?? address}". Leave it out.`;
    default:
      return null;
  }
}
