/** A requirement in our own words, with the reason if it does not apply. */
export interface Row {
  readonly id: string;
  readonly requirement: string;
  /** Reason why no test covers the requirement; `null` if tests do. */
  readonly notApplicable: string | null;
}

const row = (id: string, requirement: string, notApplicable: string | null = null): Row => ({
  id,
  requirement,
  notApplicable,
});

const NO_FEDERATION =
  'The module has no federated sign-in. An application that adds one coordinates the two lifetimes.';

/** ASVS 5.0.0, chapter V7 (sessions) to level 2. */
export const V7: readonly Row[] = [
  row('ASVS 7.1.1', 'Idle and absolute timeout are documented, and invalid ones are rejected'),
  row(
    'ASVS 7.1.2',
    "The limit on a user's sessions, and the behaviour beyond it, are documented and enforced",
  ),
  row('ASVS 7.1.3', 'Federated sessions are documented', NO_FEDERATION),
  row('ASVS 7.2.1', 'A token is verified by the server, on each of its processes'),
  row('ASVS 7.2.2', 'Tokens are generated dynamically'),
  row('ASVS 7.2.3', 'Tokens are unique, from a CSPRNG, of 128 bits or more'),
  row('ASVS 7.2.4', 'Every sign-in issues a new token and invalidates the previous one'),
  row('ASVS 7.3.1', 'Inactivity ends a session'),
  row('ASVS 7.3.2', 'Age ends a session, regardless of activity'),
  row('ASVS 7.4.1', 'A signed-out or expired session is rejected'),
  row('ASVS 7.4.2', 'All sessions of a user can be ended, for example when an account is closed'),
  row('ASVS 7.4.3', 'A change of the password ends all other sessions'),
  row('ASVS 7.4.4', 'Every page of a signed-in user offers the sign-out'),
  row('ASVS 7.4.5', 'Administrators can end the sessions of a user, and of all users'),
  row('ASVS 7.5.1', 'A change of the password requires a recent sign-in'),
  row('ASVS 7.5.2', 'Users see their sessions, and end any of them after a recent sign-in'),
  row('ASVS 7.6.1', 'Federated lifetimes are coordinated', NO_FEDERATION),
  row('ASVS 7.6.2', 'A session is created only by an action of the user'),
];

/** ASVS 5.0.0, section V3.3 (cookies) to level 2. */
export const V3: readonly Row[] = [
  row('ASVS 3.3.1', 'The cookie is Secure, and says so in its name'),
  row('ASVS 3.3.2', 'The cookie has an explicit SameSite'),
  row('ASVS 3.3.3', 'The cookie has the prefix __Host-, and contradicting options are rejected'),
  row('ASVS 3.3.4', 'The cookie is HttpOnly, and its value appears nowhere else'),
];

/** OWASP WSTG, tests of session management. */
export const WSTG: readonly Row[] = [
  row('WSTG-SESS-01', 'Tokens have no structure, and modified ones are rejected'),
  row('WSTG-SESS-02', 'The attributes of the cookie'),
  row('WSTG-SESS-03', 'Fixation, with forced cookies, in eleven steps'),
  row('WSTG-SESS-04', 'The token is in the cookie only, and caches do not store it'),
  row('WSTG-SESS-05', 'Cross-site requests are rejected'),
  row('WSTG-SESS-06', 'The sign-out ends the session on the server'),
  row('WSTG-SESS-07', 'The server enforces the timeouts'),
  row('WSTG-SESS-08', 'Client input cannot make a session signed in'),
  row('WSTG-SESS-09', 'A request without the secure cookie is anonymous'),
  row('WSTG-SESS-10', 'JSON Web Tokens are not accepted'),
  row('WSTG-SESS-11', 'A hundred sign-ins of one user leave at most the permitted number of sessions'),
];

export const ROWS: readonly Row[] = [...V7, ...V3, ...WSTG];
