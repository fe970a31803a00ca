import type { SessionUser } from 'nestjs-redis-session';
import type { CommandHandler } from './session-server.js';

/** Returns the user with these credentials; `null` if they are wrong. */
export type Authenticate = (name: string, password: string) => SessionUser | null;

// #region commands
/** Returns the commands of the application: what the handlers of a controller are to HTTP. */
export function sessionCommands(authenticate: Authenticate): CommandHandler {
  return async (context, line) => {
    const [command, name = '', value = ''] = line.split(' ');
    switch (command) {
      case '':
      case 'whoami':
        return context.record?.userId ?? 'anonymous';
      case 'get':
        return JSON.stringify(context.session.get(name) ?? null);
      case 'set':
        context.session.set(name, value);
        return 'ok';
      case 'signin': {
        const user = authenticate(name, value);
        if (user) await context.signIn(user);
        return user ? 'ok' : 'error WRONG_CREDENTIALS';
      }
      case 'signout':
        await context.destroy();
        return 'ok';
      default:
        return 'error UNKNOWN_COMMAND';
    }
  };
}
// #endregion commands
