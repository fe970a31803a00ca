import { fitSizes, parseNodeSizes } from './nodes.js';

const GIBIBYTE = 2 ** 30;
const DEMAND = { memoryBytes: 3 * GIBIBYTE, networkBytesPerSecond: 1e8, servers: 2 };
const nameOf = ({ size }: { size: { name: string } }) => size.name;

describe('sizes of servers', () => {
  it('lists the sizes that fit by memory and network first, the cheapest at the top', () => {
    const sizes = parseNodeSizes(
      JSON.stringify([
        { name: 'small', memoryGiB: 2, networkGbit: 10, pricePerHour: 0.1 },
        { name: 'slow', memoryGiB: 8, networkGbit: 0.5, pricePerHour: 0.2 },
        { name: 'dear', memoryGiB: 8, networkGbit: 10, pricePerHour: 0.9 },
        { name: 'right', memoryGiB: 4, networkGbit: 10, pricePerHour: 0.5 },
      ]),
    );
    const fits = fitSizes(sizes, DEMAND);
    expect(fits.filter(({ fits: does }) => does).map(nameOf)).toEqual(['right', 'dear']);
    expect(fits[0]).toMatchObject({ memoryShare: 0.75, networkShare: 0.08, pricePerMonth: 2 * 0.5 * 730 });
  });

  it('compares memory alone if the file has nothing else', () => {
    const fits = fitSizes(parseNodeSizes('[{"name":"b","memoryGiB":8},{"name":"a","memoryGiB":4}]'), DEMAND);
    expect(fits.map(nameOf)).toEqual(['a', 'b']);
    expect(fits[0]).toMatchObject({ fits: true, networkShare: null, pricePerMonth: null });
  });

  it.each([
    ['no JSON', 'name: a', /--nodes: expected a list .* received no JSON/],
    ['no list', '{}', /received object/],
    ['an empty list', '[]', /received an empty list/],
    ['no name', '[{"memoryGiB":1}]', /entry 1: expected "name" to be a text, received nothing/],
    [
      'no memory',
      '[{"name":"a","memoryGiB":1},{"name":"b"}]',
      /entry 2: expected "memoryGiB".* received nothing/,
    ],
    [
      'a text as a number',
      '[{"name":"a","memoryGiB":"4"}]',
      /"memoryGiB" to be a number above 0, received "4"/,
    ],
    ['a bandwidth of zero', '[{"name":"a","memoryGiB":4,"networkGbit":0}]', /"networkGbit".*received 0/],
    ['a negative price', '[{"name":"a","memoryGiB":4,"pricePerHour":-1}]', /"pricePerHour".*received -1/],
    ['null', '[null]', /entry 1: expected "name"/],
  ])('a file with %s is rejected', (_what, text, message) => {
    expect(() => parseNodeSizes(text)).toThrow(message);
  });
});
