import { setImmediate as settle } from 'node:timers/promises';
import type { SessionEvent, SessionEventType } from './events.js';
import { SessionEvents } from './events.js';
import type { SessionId } from '../record/token.js';

const sessionId = 'x'.repeat(25) as SessionId;
const NOW = 1_767_225_600_000;

function eventsWithLog() {
  const failures: [SessionEventType, unknown][] = [];
  const events = new SessionEvents({ now: () => NOW }, (type, error) => void failures.push([type, error]));
  return { events, failures };
}

describe('events', () => {
  it('passes a frozen event with its type and time to a listener', async () => {
    const { events } = eventsWithLog();
    const told: SessionEvent[] = [];
    events.on('destroyed', (event) => told.push(event));
    events.emit('destroyed', { sessionId });
    await settle();
    expect(told).toEqual([{ type: 'destroyed', at: NOW, sessionId }]);
    expect(Object.isFrozen(told[0])).toBe(true);
  });

  it('calls listeners of the type, and of all types', async () => {
    const { events } = eventsWithLog();
    const told: string[] = [];
    events.on('destroyed', ({ type }) => told.push(`one: ${type}`));
    events.on('*', ({ type }) => told.push(`all: ${type}`));
    events.emit('signed-out', { sessionId, userId: 'alice' });
    events.emit('destroyed', { sessionId });
    await settle();
    expect(told).toEqual(['all: signed-out', 'one: destroyed', 'all: destroyed']);
  });

  it('emits events in order, after the operation', async () => {
    const { events } = eventsWithLog();
    const told: string[] = [];
    events.on('signed-out', ({ userId }) => told.push(userId));
    for (const userId of ['a', 'b', 'c']) events.emit('signed-out', { sessionId, userId });
    expect(told).toEqual([]);
    await settle();
    expect(told).toEqual(['a', 'b', 'c']);
  });

  it('emits no event to a listener that ended its subscription', async () => {
    const { events } = eventsWithLog();
    const told: string[] = [];
    const end = events.on('destroyed', () => told.push('first'));
    events.on('destroyed', () => told.push('second'));
    end();
    end();
    events.emit('destroyed', { sessionId });
    await settle();
    expect(told).toEqual(['second']);
  });

  it('calls other listeners if one throws, rejects or hangs, and reports the failure', async () => {
    const { events, failures } = eventsWithLog();
    const told: string[] = [];
    const thrown = new Error('thrown');
    const rejected = new Error('rejected');
    events.on('destroyed', () => {
      throw thrown;
    });
    events.on('destroyed', () => Promise.reject(rejected));
    events.on('destroyed', () => new Promise(() => undefined));
    events.on('destroyed', () => told.push('the last one'));
    expect(() => events.emit('destroyed', { sessionId })).not.toThrow();
    await settle();
    expect(told).toEqual(['the last one']);
    expect(failures).toEqual([
      ['destroyed', thrown],
      ['destroyed', rejected],
    ]);
  });

  it('lets a listener emit further events', async () => {
    const { events } = eventsWithLog();
    const told: SessionEventType[] = [];
    events.on('destroyed', () => events.emit('signed-out', { sessionId, userId: 'alice' }));
    events.on('signed-out', ({ type }) => told.push(type));
    events.emit('destroyed', { sessionId });
    await settle();
    await settle();
    expect(told).toEqual(['signed-out']);
  });
});
