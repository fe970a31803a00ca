/** A user, without the password hash. */
export interface User {
  readonly id: string;
  readonly username: string;
  readonly role: 'user' | 'admin';
}
