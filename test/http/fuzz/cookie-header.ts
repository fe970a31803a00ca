import type { Random } from '../../history/random.js';

/** The cookies of a generated request, with the expected lookups and the expected session. */
export interface FuzzedCookies {
  /** The values of one or more `Cookie` lines, byte for byte. */
  readonly lines: readonly string[];
  /** Number of sessions that the request may look up. */
  readonly lookups: number;
  /** Number of lookups of missing sessions. Each runs one script, which reads the notices, too. */
  readonly misses: number;
  /** Number of notices that these lookups read. */
  readonly notices: number;
  /** Number of notices that a slow response reads a second time. */
  readonly noticesAgain: number;
  /** Owner of the session that the request opens. */
  readonly who: 'owner' | 'rival' | null;
  /** True if the request has cookies of several sessions, or that of one session among more than are looked up. */
  readonly isAmbiguous: boolean;
  /** True if the response clears the cookie. */
  readonly isCleared: boolean;
}

/** A cookie that opens a session, and one that opens the session of another user. */
export interface Genuine {
  readonly name: string;
  readonly token: string;
  readonly rival: string;
  /** Public id of the session, which is no secret. */
  readonly sessionId: string;
}

type Worth = 'owner' | 'rival' | 'unknown' | 'names-session' | 'malformed';

/** A piece of a header between two semicolons, with its value if it is a session cookie. */
interface Piece {
  readonly text: string;
  readonly candidate?: { readonly value: string; readonly worth: Worth };
}

const BASE64URL = [...'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'];
/** All characters that Node accepts in a header, except for the separator of cookies. */
const PASSING = [...Array(256).keys()]
  .filter((code) => (code >= 0x20 || code === 0x09) && code !== 0x7f && code !== 0x3b)
  .map((code) => String.fromCharCode(code));
const NOT_BASE64URL = PASSING.filter((char) => !BASE64URL.includes(char));
/** Maximum number of cookies with the session's name that are looked up. */
const MAX_CANDIDATES = 4;
/** Longest header to generate: Node rejects a head above 16 KiB. */
const MAX_LENGTH = 14_000;
const ORIGINAL_LENGTH = 46;
const ROTATED_LENGTH = 90;

/** Generates `Cookie` headers, the same ones for the same seed. */
export class CookieFuzz {
  constructor(
    private readonly random: Random,
    private readonly genuine: Genuine,
  ) {}

  next(): FuzzedCookies {
    if (this.random.chance(0.01)) return this.crowd();
    const count = this.random.chance(0.02) ? this.random.between(50, 1_000) : this.random.between(1, 6);
    const pieces: Piece[] = [];
    let length = 0;
    for (let made = 0; made < count; made++) {
      const piece = this.random.chance(3 / count) ? this.piece() : this.stranger();
      length += piece.text.length + 2;
      if (length > MAX_LENGTH) break;
      pieces.push(piece);
    }
    return { lines: this.join(pieces), ...judge(pieces) };
  }

  /** Returns many cookies, mostly well-formed ones. */
  private crowd(): FuzzedCookies {
    const pieces = Array.from({ length: this.random.between(2, 30) }, () => {
      const { genuine, random } = this;
      const kind = random.weighted({ unknown: 8, owner: 1, rival: 1, malformed: 2 });
      if (kind === 'malformed') return this.candidate(this.malformedToken(), kind);
      const value = { unknown: this.letters(ORIGINAL_LENGTH), owner: genuine.token, rival: genuine.rival };
      return this.candidate(value[kind], kind);
    });
    return { lines: this.join(pieces), ...judge(pieces) };
  }

  private piece(): Piece {
    const { token } = this.genuine;
    const { random } = this;
    switch (
      random.weighted({
        stranger: 4,
        malformed: 4,
        misnamed: 4,
        junk: 3,
        unknown: 1,
        forged: 0.3,
        owner: 0.5,
        rival: 0.3,
      })
    ) {
      case 'stranger':
        return this.stranger();
      case 'malformed':
        return this.candidate(this.malformedToken(), 'malformed');
      case 'misnamed':
        return { text: `${this.misnomer()}=${token}` };
      case 'junk':
        return { text: this.bytes(random.between(0, 60)) };
      case 'unknown':
        return this.candidate(this.letters(random.pick([ORIGINAL_LENGTH, ROTATED_LENGTH])), 'unknown');
      case 'forged': {
        const guess = this.letters(ROTATED_LENGTH - this.genuine.sessionId.length);
        return this.candidate(this.genuine.sessionId + guess, 'names-session');
      }
      case 'owner':
        return this.candidate(token, 'owner');
      case 'rival':
        return this.candidate(this.genuine.rival, 'rival');
    }
  }

  private candidate(value: string, worth: Worth): Piece {
    return { text: `${this.genuine.name}=${value}`, candidate: { value, worth } };
  }

  private stranger(): Piece {
    const value = this.random.pick(['', '1', '"quoted; not', '%', '%zz', '%E0%A4%A', '""', 'a=b=c', '$x']);
    return { text: `${this.letters(this.random.between(1, 8))}=${value.replace(';', ',')}` };
  }

  /** Returns a token with one defect. */
  private malformedToken(): string {
    const { random } = this;
    const { token } = this.genuine;
    const at = random.between(0, token.length);
    switch (random.weighted({ cut: 2, grown: 2, tampered: 4, encoded: 1, wrapped: 2, huge: 0.2 })) {
      case 'cut':
        return token.slice(0, at);
      case 'grown':
        return token + this.letters(random.between(1, ROTATED_LENGTH - ORIGINAL_LENGTH));
      case 'tampered': {
        const odd = random.pick(NOT_BASE64URL);
        return token.slice(0, at) + odd + token.slice(at + 1);
      }
      case 'encoded':
        return `${token.slice(0, at)}%${token.charCodeAt(at).toString(16)}${token.slice(at + 1)}`;
      case 'wrapped':
        return random.pick([
          `"${token}"`,
          ` ${token}`,
          `${token} `,
          `=${token}`,
          `s%3A${token}.x`,
          `\xa0${token}`,
        ]);
      case 'huge':
        return this.letters(random.between(ROTATED_LENGTH + 1, 8_000));
    }
  }

  /** Returns a name that a lenient parser could read as the session cookie's name. */
  private misnomer(): string {
    const { name } = this.genuine;
    const odd = this.random.pick(['\xa0', '\x85', '\t', '  ', '\xe2\x80\x80', '"', '\xad', '$', ',']);
    return this.random.pick([
      name.toLowerCase(),
      name.toUpperCase(),
      odd + name,
      name + odd,
      name + ' ',
      `=${name}`,
      `$Version=1,${name}`,
      `$Version=1, ${name}`,
      `a="1, ${name}`,
      name.replace('s', '%73'),
      `x${name}`,
      `${name}x`,
      'sid',
      name.replace('__Host-', '__Secure-'),
      name.slice(0, -1),
    ]);
  }

  private letters(length: number): string {
    let letters = '';
    while (letters.length < length) letters += this.random.pick(BASE64URL);
    return letters;
  }

  /** Returns random bytes. That they contain the session cookie's name is too improbable to happen. */
  private bytes(length: number): string {
    return Array.from({ length }, () => this.random.pick(PASSING)).join('');
  }

  /** Returns header lines, which Node joins. The outer pieces protect the others from being trimmed. */
  private join(pieces: readonly Piece[]): string[] {
    const separator = this.random.chance(0.3) ? ';' : '; ';
    const texts = pieces.map(({ text }) => text);
    const cut = this.random.chance(0.1) ? this.random.between(1, texts.length + 1) : texts.length;
    const lines = [texts.slice(0, cut), texts.slice(cut)].filter(({ length }) => length > 0);
    return lines.map((line) => `a=1;${separator === ';' ? '' : ' '}${[...line, 'z=1'].join(separator)}`);
  }
}

function judge(pieces: readonly Piece[]): Omit<FuzzedCookies, 'lines'> {
  const candidates = pieces.flatMap(({ candidate }) => (candidate ? [candidate] : []));
  const wellFormed = candidates.filter(({ worth }) => worth !== 'malformed');
  const distinct = [...new Map(wellFormed.map((candidate) => [candidate.value, candidate])).values()];
  const looked = distinct.slice(0, MAX_CANDIDATES);
  const [one, other] = (['owner', 'rival'] as const).filter((who) =>
    looked.some(({ worth }) => worth === who),
  );
  const isAmbiguous = other !== undefined || (one !== undefined && distinct.length > MAX_CANDIDATES);
  const misses = looked.filter(({ worth }) => worth === 'unknown');
  // A rotated token may have a notice under another name than that of its session.
  const notices = misses.reduce((sum, { value }) => sum + (value.length === ROTATED_LENGTH ? 2 : 1), 0);
  return {
    lookups: looked.length,
    misses: misses.length,
    notices,
    noticesAgain: one ? 0 : notices,
    who: isAmbiguous ? null : (one ?? null),
    isAmbiguous,
    isCleared: candidates.length > 0 && !one,
  };
}
