/** A user as the application and its clients see one. */
export interface User {
  readonly id: string;
  readonly username: string;
  readonly role: 'user' | 'admin';
}
