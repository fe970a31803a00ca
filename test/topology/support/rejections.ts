/** Fails each test of a suite that leaves a rejected promise behind, which would end an application's process. */
export function watchRejections(): void {
  const seen: unknown[] = [];
  const note = (reason: unknown) => void seen.push(reason);
  beforeAll(() => void process.on('unhandledRejection', note));
  afterEach(() => expect(seen.splice(0)).toEqual([]));
  afterAll(() => void process.off('unhandledRejection', note));
}
