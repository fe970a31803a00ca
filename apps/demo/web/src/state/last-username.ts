const KEY = 'last-username';

/** Returns the user who signed in last with this browser, or `null` before the first sign-in. */
export function readLastUsername(): string | null {
  return localStorage.getItem(KEY);
}

export function rememberUsername(username: string): void {
  localStorage.setItem(KEY, username);
}
