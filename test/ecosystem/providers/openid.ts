// An OAuth 2.0 and OpenID Connect provider. Every name has an account there, with any password.
import { Provider } from 'oidc-provider';
import { announce } from './announce.js';

await announce((url) => {
  const provider = new Provider(url, {
    clients: [
      {
        client_id: 'app',
        client_secret: 'a-secret-between-the-application-and-its-provider',
        // A native client may listen on any port of the loopback address (RFC 8252, section 7.3).
        application_type: 'native',
        redirect_uris: ['http://127.0.0.1/callback', 'http://127.0.0.1/connect/openid/callback'],
        response_types: ['code'],
        grant_types: ['authorization_code'],
      },
    ],
    claims: { openid: ['sub'], profile: ['name'] },
    findAccount: (_context, id) => ({
      accountId: id,
      claims: () => ({ sub: id, name: `${id} of the provider` }),
    }),
    pkce: { required: () => false },
    features: { devInteractions: { enabled: true } },
  });
  const answer = provider.callback();
  return (request, response) => void answer(request, response);
});
