// A SAML 2.0 identity provider. Every name has an account there, with any password.
import type { IncomingMessage, ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import * as saml from 'samlify';
import { announce } from './announce.js';

saml.setSchemaValidator({ validate: () => Promise.resolve('') });
const { CERTIFICATE: signingCert, KEY: privateKey } = process.env;

await announce((url) => {
  const { redirect, post } = saml.Constants.namespace.binding;
  const provider = saml.IdentityProvider({
    entityID: url,
    signingCert,
    privateKey,
    singleSignOnService: [
      { Binding: redirect, Location: `${url}/sso` },
      { Binding: post, Location: `${url}/sso` },
    ],
    nameIDFormat: ['urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress'],
  });
  return (request, response) => {
    answer(request, response).catch((error: unknown) => response.writeHead(500).end(String(error)));
  };

  async function answer(request: IncomingMessage, response: ServerResponse) {
    const { searchParams } = new URL(request.url ?? '/', url);
    const form = request.method === 'POST' ? new URLSearchParams(await text(request)) : null;
    const asked = Object.fromEntries(form ?? searchParams);
    response.setHeader('content-type', 'text/html');
    response.end(form ? await sendBack(asked) : signInForm(asked));
  }

  async function sendBack({ SAMLRequest, RelayState = '', login }: Partial<Record<string, string>>) {
    const query = { SAMLRequest, RelayState };
    const { extract } = await provider.parseLoginRequest(application(), 'redirect', { query });
    const { assertionConsumerServiceUrl } = (extract as { request: { assertionConsumerServiceUrl: string } })
      .request;
    const { context } = await provider.createLoginResponse(
      application(assertionConsumerServiceUrl),
      { extract },
      'post',
      { email: login },
    );
    return formTo(assertionConsumerServiceUrl, { SAMLResponse: context, RelayState });
  }
});

/** Returns the metadata of the application, which accepts any consumer on this machine. */
function application(consumer = 'http://127.0.0.1/') {
  return saml.ServiceProvider({
    entityID: 'app',
    wantAssertionsSigned: true,
    wantMessageSigned: true,
    assertionConsumerService: [{ Binding: saml.Constants.namespace.binding.post, Location: consumer }],
  });
}

function signInForm({ SAMLRequest = '', RelayState = '' }: Partial<Record<string, string>>): string {
  return formTo('/sso', { SAMLRequest, RelayState, login: '', password: '' });
}

/** Returns a form that a browser with JavaScript would submit by itself. */
function formTo(action: string, fields: Readonly<Record<string, string>>): string {
  const inputs = Object.entries(fields).map(([name, value]) => `<input name="${name}" value="${value}">`);
  return `<form method="post" action="${action}">${inputs.join('')}</form>`;
}
