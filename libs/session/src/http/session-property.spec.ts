import { defineSession, hasForeignSession } from './session-property.js';

describe('request.session', () => {
  it('our own property is recognised by its accessor', () => {
    const request = {};
    expect(hasForeignSession(request)).toBe(false);
    defineSession(request);
    expect(hasForeignSession(request)).toBe(false);
  });

  it('a property of another library is recognised, even if its accessor needs a request', () => {
    const request = { raw: { session: {} } };
    Object.defineProperty(request, 'session', {
      get(this: typeof request) {
        return this.raw.session;
      },
    });
    expect(hasForeignSession(request)).toBe(true);
  });
});
