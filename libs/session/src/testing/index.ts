export { signInAs, type SignedInClient, type SignInAsOptions } from './sign-in-as.js';
