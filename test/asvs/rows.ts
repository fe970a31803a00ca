/** A requirement, in our own words, and where it does not apply, why. */
export interface Row {
  readonly id: string;
  readonly requirement: string;
  /** `null`: there are tests of it. */
  readonly notApplicable: string | null;
}

const row = (id: string, requirement: string, notApplicable: string | null = null): Row => ({
  id,
  requirement,
  notApplicable,
});

const NO_FEDERATION = 'The module has no federated sign-in. Who adds one coordinates the two lifetimes.';

/** ASVS 5.0.0, chapter V7 (sessions) to level 2. */
export const V7: readonly Row[] = [
  row('ASVS 7.1.1', 'Idle and absolute timeout are documented, and wrong ones are refused'),
  row('ASVS 7.1.2', 'How many sessions a user may have, and what happens beyond, is documented and so'),
  row('ASVS 7.1.3', 'Federated sessions are documented', NO_FEDERATION),
  row('ASVS 7.2.1', 'A token is verified by the server, on each of its processes'),
  row('ASVS 7.2.2', 'Tokens are made dynamically'),
  row('ASVS 7.2.3', 'Tokens are unique, from a CSPRNG, of 128 bits or more'),
  row('ASVS 7.2.4', 'Every sign-in gives a new token and ends the one before'),
  row('ASVS 7.3.1', 'Inactivity ends a session'),
  row('ASVS 7.3.2', 'Age ends a session, whatever happens'),
  row('ASVS 7.4.1', 'What was signed out or has expired cannot be used any more'),
  row('ASVS 7.4.2', 'All sessions of a user can be ended, as when an account is closed'),
  row('ASVS 7.4.3', 'A change of the password ends all other sessions'),
  row('ASVS 7.4.4', 'Every page of somebody who is signed in leads to the sign-out'),
  row('ASVS 7.4.5', 'Administrators can end the sessions of a user, and of all users'),
  row('ASVS 7.5.1', 'A change of the password needs a sign-in of late'),
  row('ASVS 7.5.2', 'Users see their sessions, and end any of them after a sign-in of late'),
  row('ASVS 7.6.1', 'Federated lifetimes are coordinated', NO_FEDERATION),
  row('ASVS 7.6.2', 'No session is made without something that the user does'),
];

/** ASVS 5.0.0, section V3.3 (cookies) to level 2. */
export const V3: readonly Row[] = [
  row('ASVS 3.3.1', 'The cookie is Secure, and says so in its name'),
  row('ASVS 3.3.2', 'The cookie has a SameSite that was chosen'),
  row('ASVS 3.3.3', 'The cookie is named __Host-, and what contradicts that is refused'),
  row('ASVS 3.3.4', 'The cookie is HttpOnly, and its value is nowhere else'),
];

/** OWASP WSTG, tests of session management. */
export const WSTG: readonly Row[] = [
  row('WSTG-SESS-01', 'Tokens have no structure, and changed ones open nothing'),
  row('WSTG-SESS-02', 'The attributes of the cookie'),
  row('WSTG-SESS-03', 'Fixation, with forced cookies, in eleven steps'),
  row('WSTG-SESS-04', 'The token is in the cookie only, and no cache keeps it'),
  row('WSTG-SESS-05', 'What another site makes a browser send is refused'),
  row('WSTG-SESS-06', 'The sign-out ends the session on the server'),
  row('WSTG-SESS-07', 'The server keeps the time'),
  row('WSTG-SESS-08', 'Nothing that clients can write makes a session one that is signed in'),
  row('WSTG-SESS-09', 'Without its secure cookie a request is anonymous'),
  row('WSTG-SESS-10', 'JSON Web Tokens are not accepted'),
  row('WSTG-SESS-11', 'A hundred sign-ins of one user leave as many sessions as are allowed'),
];

export const ROWS: readonly Row[] = [...V7, ...V3, ...WSTG];
