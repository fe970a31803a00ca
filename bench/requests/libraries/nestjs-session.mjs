// nestjs-session, which mounts express-session by a module.
import { SessionModule } from 'nestjs-session';
import { expressOptions } from './express-session.mjs';
import { plainSession } from './plain-session.mjs';

export async function nestjsSession(url) {
  const session = await expressOptions(url);
  return { ...plainSession, imports: [SessionModule.forRoot({ session })] };
}
