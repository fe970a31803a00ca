import { SessionUsageError } from '../errors/errors.js';
import type { PropertySource } from './lazy-object.js';
import { defineLazily, isLazy, LazyObject } from './lazy-object.js';

type Bag = Record<string, unknown>;

/** Returns an object with one lazy property, whose value names its owner. */
function lazyObject(owner: string, name = 'cart') {
  const written: [name: string, value: unknown][] = [];
  const source: PropertySource = {
    read: (property) => `${property} of ${owner}`,
    write: (property, value) => void written.push([property, value]),
  };
  const object = new LazyObject();
  LazyObject.connect(object, source);
  defineLazily(object, name);
  return { object, bag: object as unknown as Bag, written };
}

describe('a lazy property', () => {
  it('a lazy property reads the source of its own object, although objects share accessors', () => {
    const [one, other] = [lazyObject('one'), lazyObject('other')];
    expect([one.bag['cart'], other.bag['cart']]).toEqual(['cart of one', 'cart of other']);
    other.bag['cart'] = 7;
    expect([one.written, other.written]).toEqual([[], [['cart', 7]]]);
    const accessors = [one, other].map(({ object }) => Object.getOwnPropertyDescriptor(object, 'cart'));
    expect(accessors[0]).toEqual(accessors[1]);
  });

  it('a lazy property works on an object that inherits it', () => {
    const { bag, written } = lazyObject('one');
    const heir = Object.create(bag) as Bag;
    expect(heir['cart']).toBe('cart of one');
    heir['cart'] = 7;
    expect(written).toEqual([['cart', 7]]);
  });

  it('rejects reads through a proxy or copied accessors, and says what to do instead', () => {
    const { bag } = lazyObject('one');
    const strangers = [new Proxy(bag, {}), Object.create(null, Object.getOwnPropertyDescriptors(bag)) as Bag];
    for (const stranger of strangers) {
      expect(() => stranger['cart']).toThrow(SessionUsageError);
      expect(() => stranger['cart']).toThrow('{ ...session }');
    }
    expect({ ...bag }).toEqual({ cart: 'cart of one' });
  });

  it('isLazy() returns false for a property that was replaced', () => {
    const { object, bag } = lazyObject('one');
    expect(isLazy(object, 'cart')).toBe(true);
    expect(isLazy(object, 'theme')).toBe(false);
    delete bag['cart'];
    bag['cart'] = 1;
    expect(isLazy(object, 'cart')).toBe(false);
    Object.defineProperty(object, 'cart', { get: () => 2 });
    expect(isLazy(object, 'cart')).toBe(false);
  });

  it('isLazy() returns false for an accessor that needs its own object, and keeps nothing in another', () => {
    const { object } = lazyObject('one');
    const kept: boolean[] = [];
    Object.defineProperty(object, 'total', {
      get(this: { sum?: number }) {
        kept.push(this.sum !== undefined);
        return (this.sum ??= 1);
      },
    });
    expect([isLazy(object, 'total'), isLazy(object, 'total')]).toEqual([false, false]);
    expect(kept).toEqual([false, false]);
  });

  it('a lazy property works under more names than accessors are shared for', () => {
    for (let count = 0; count < 1_500; count++) {
      const { bag } = lazyObject('many', `name ${count}`);
      expect(bag[`name ${count}`]).toBe(`name ${count} of many`);
    }
  });
});
