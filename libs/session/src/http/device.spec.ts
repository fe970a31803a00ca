import { cutLabel, deviceByUserAgent, originOf } from './device.js';

function deviceOf(userAgent: string | undefined): string | null {
  return deviceByUserAgent({ headers: userAgent === undefined ? {} : { 'user-agent': userAgent } });
}

describe('the label of a device', () => {
  it('labels more headers than it remembers, each with its own label, again and again', () => {
    for (let round = 0; round < 2; round++) {
      for (let number = 0; number < 600; number++) {
        const label = `App${number}`;
        for (let time = 0; time < 2; time++) expect(deviceOf(`${label}/1.0`)).toBe(label);
      }
    }
  });

  it.each([
    [
      'Chrome on Windows',
      'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36',
    ],
    ['Firefox on Linux', 'Mozilla/5.0 (X11; Linux x86_64; rv:143.0) Gecko/20100101 Firefox/143.0'],
    [
      'Safari on macOS',
      'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.0 Safari/605.1.15',
    ],
    [
      'Safari on iOS',
      'Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.0 Mobile/15E148 Safari/604.1',
    ],
    [
      'Chrome on Android',
      'Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Mobile Safari/537.36',
    ],
    [
      'Microsoft Edge on Windows',
      'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36 Edg/140.0.0.0',
    ],
    [
      'Samsung Internet for Android on Android',
      'Mozilla/5.0 (Linux; Android 14; SM-S918B) AppleWebKit/537.36 (KHTML, like Gecko) SamsungBrowser/28.0 Chrome/130.0.0.0 Mobile Safari/537.36',
    ],
    ['Googlebot', 'Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)'],
    ['curl', 'curl/8.7.1'],
    ['PostmanRuntime', 'PostmanRuntime/7.43.0'],
    ['node', 'node'],
    ['okhttp', 'okhttp/4.12.0'],
    ['MyApp', 'MyApp/1.2 (build 7)'],
  ])('labels the device as %s', (label, userAgent) => {
    expect(deviceOf(userAgent)).toBe(label);
  });

  it.each([undefined, '', '/', ' '])('returns no label for %j', (userAgent) => {
    expect(deviceOf(userAgent)).toBeNull();
  });

  it('parses a header that no browser sends quickly', () => {
    const start = performance.now();
    for (const part of ['a', '(', 'Mozilla/5.0 ', 'Chrome/1 ', '\ud83d', '; ']) deviceOf(part.repeat(50_000));
    expect(performance.now() - start).toBeLessThan(500);
  });
});

describe('a label', () => {
  it('truncates a label to 64 bytes, never inside a character', () => {
    expect(cutLabel('x'.repeat(100))).toBe('x'.repeat(64));
    expect(cutLabel('ü'.repeat(100))).toBe('ü'.repeat(32));
    expect(cutLabel('x' + '😀'.repeat(100))).toBe('x' + '😀'.repeat(15));
  });

  it('removes invisible characters from a label', () => {
    expect(cutLabel('Fire\nfox\0 \u001b[31mon\u200b Linux\u202e')).toBe('Firefox [31mon Linux');
    expect(cutLabel('half\ud800')).toBe('half');
  });
});

describe('the origin of a request', () => {
  const headers = { 'user-agent': 'curl/8.7.1' };

  it('returns the device and the address of a request', () => {
    expect(originOf({ headers, ip: '2001:db8::1' })).toEqual({ device: 'curl', address: '2001:db8::1' });
  });

  it('returns null for an unknown device or address', () => {
    expect(originOf({ headers: {} })).toEqual({ device: null, address: null });
    const addresses = { '::ffff:192.0.2.1': '192.0.2.1', '::FFFF:192.0.2.1': '192.0.2.1', '::1': '::1' };
    for (const [ip, address] of Object.entries({ ...addresses, '::ffff:c000:201': '::ffff:c000:201' })) {
      expect(originOf({ headers: {}, ip }).address).toBe(address);
    }
    expect(originOf({ headers: {}, ip: '' })).toEqual({ device: null, address: null });
  });

  it('uses the label of the application, truncated', () => {
    expect(originOf({ headers }, () => 'Office '.repeat(20)).device).toBe('Office '.repeat(20).slice(0, 64));
    expect(originOf({ headers }, () => null).device).toBeNull();
    expect(originOf({ headers }, () => '').device).toBeNull();
    expect(originOf({ headers }, () => '\0').device).toBeNull();
  });
});
