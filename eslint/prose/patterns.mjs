/**
 * The patterns of docs/style.md that a program can find.
 *
 * Each has a sentence that it must find (`now`) and one that it must not (`then`); both are tested. A pattern must be narrow:
 * `allowed` lists sound sentences that come close to it. A space in a pattern matches line breaks, too.
 *
 * @typedef {object} Pattern
 * @property {string} name
 * @property {RegExp} find
 * @property {string} instead The advice of the message.
 * @property {string} now
 * @property {string} then
 * @property {readonly string[]} [allowed]
 */

/** Matches anywhere in a comment, a message, a title or a page. @type {readonly Pattern[]} */
export const PHRASES = [
  {
    name: 'unnamed agent',
    find: /\b(?:nobody|no one|somebody|whoever|whomever)(?:'s)?\b/i,
    instead:
      'Name the agent (the client, the caller, the application, Redis), or "anonymous" or "no client".',
    now: 'Nobody reads this key.',
    then: 'No script reads this key.',
  },
  {
    name: '"who" without a noun',
    find: /\b(?:for|to|of|from|by|in|with|than|as|lets?) who\b|(?<=^\s*|[.:;] )who\b(?![^.]*\?)/i,
    instead: 'Put the noun before it: "users who", "the client that".',
    now: 'Lets in who is signed in.',
    then: 'Lets in users who are signed in.',
    allowed: ['Who may read this?', 'the user who signed in', 'the question of whose session it is'],
  },
  {
    name: '"tell"',
    find: /\b(?:tells?|told|telling)\b(?!(?: [\w-]+){0,3} apart\b)/i,
    instead: 'Programs emit, log, report, return, notify or reveal.',
    now: 'The client is told that its session has ended.',
    then: 'The response says that the session has ended.',
    allowed: ['The two cannot be told apart.', 'Nothing tells the two cases apart.'],
  },
  {
    name: '"news"',
    find: /\bnews\b/i,
    instead: 'Say the message, the notification, the event or the invalidation.',
    now: 'It waits for the news of the change.',
    then: 'It waits for the invalidation message.',
  },
  {
    name: '"ask" for a query',
    find: /\bask(?:s|ed|ing)? (?:the )?(?:session )?(?:Redis|stores?|servers?|database|Cluster|Sentinels?|nodes?|primary|replicas?)\b(?! to\b)|\b(?:is|are|was|were|be|been|being) (?:\w+ )?asked\b(?! (?:to|for)\b)/i,
    instead: 'Programs query, read, call or request.',
    now: 'The store is not asked again.',
    then: 'The store is not queried again.',
    allowed: ['Redis is asked to wait for replicas.', 'The user is asked for a password.'],
  },
  {
    name: '"gone"',
    find: /(?<!:)\bgone\b(?! (?:wrong|through)\b)(?<!\b410 gone)/i,
    instead: 'Say ended, expired, deleted, missing, closed, lost or unavailable.',
    now: 'The session is gone.',
    then: 'The session has expired.',
    allowed: ['410 Gone', 'Something has gone wrong.', 'the key session:{abc}:gone:id'],
  },
  {
    name: '"away"',
    find: /(?<!\b(?:right|straight|throws?|throwing|thrown)(?: |-))\baway\b(?! with\b)/i,
    instead: 'Servers are unavailable; cookies are cleared, copies dropped, clients rejected.',
    now: 'The cookie is taken away while Redis is away.',
    then: 'The cookie is cleared while Redis is unavailable.',
    allowed: ['Fails straight away.', 'an id to throw away', 'a throw-away server'],
  },
  {
    name: '"good" for valid',
    find: /\b(?:is|are|was|were|be|stays?|stayed|remains?|keeps?) (?:(?:still|only|never|not|no longer|as|always|no) )?good\b(?! (?:at|practice|enough|reason)\b)|\bfor good\b(?! (?:reasons?|measure)\b)/i,
    instead: 'Say valid, in effect, permanently or forever.',
    now: 'The old token stays good.',
    then: 'The old token stays valid.',
    allowed: ['This is a good reason.', 'It is done for good reason.', 'a good default'],
  },
  {
    name: 'translated idiom',
    find: /\bof the past\b|(?<!\b(?:is|are|was|were|be) )\ball the same\b|\bas ever\b|\bof late\b|(?<!\b(?:can|could|may|might|must|not|should|to|will|would) )\bbe it\b|\bshall\b|\bnow and then\b|\bin good time\b|\bno more than(?: that| this)\b/i,
    instead: 'Say stale, anyway, as usual, recently, whether, must or will.',
    now: 'It goes on all the same.',
    then: 'It continues anyway.',
    allowed: ['These values are all the same.', 'It may be it.'],
  },
];

/** Matches the beginning of a doc comment. @type {readonly Pattern[]} */
export const BEGINNINGS = [
  {
    name: 'question word',
    find: /^\s*(?:what|whether|how|who|whom|whose|why|when|where|which|whatever|whichever)\b/i,
    instead:
      'Begin with a noun phrase ("True if …" for a boolean), or for a function with a verb ("Returns …").',
    now: 'Whether the store is shared.',
    then: 'True if the store is shared.',
    allowed: ['Number of sessions when the limit applies.'],
  },
];

/** Matches the beginning of the doc comment of a function. @type {readonly Pattern[]} */
export const FUNCTION_BEGINNINGS = [
  {
    name: 'no verb first',
    find: /^\s*(?!@|wh|how\b)(?!(?:(?:also|only|never|always|asynchronously|atomically|usually) )?(?!this\b|is\b|was\b|its\b|as\b|always\b|has\b)[a-z-]+s\b)\S+/i,
    instead: 'Begin with a verb in the third person: "Returns …", "Emits …", "Rejects …".',
    now: 'The sessions of a user.',
    then: 'Returns the sessions of a user.',
    allowed: ['Re-reads the record.', 'Never throws.'],
  },
];

/** A verb, or at least a word that may be one; `X…` stands for an expression of a template. */
const VERB =
  /\b(?!(?:this|its|as|always|less|plus|perhaps|across|status|address|access|process|class|https|is)\b)[a-z][a-z-]*[a-z]s\b|\b(?:is|are|was|were|be|can|cannot|could|do|did|had|have|may|might|must|need|never|should|stay|will|would|work|run|get|go|keep|wait|fail|pass|win|end|live|share|see|use|accept|refuse|reject|return|take|hold|load|lose|leave|require|need|send|receive|find|make|give|know|write|read|start|stop)\b|n't\b|X{3,}/;

/** Matches the title of a test (`it`, `test`). @type {readonly Pattern[]} */
export const TITLES = [
  {
    name: 'title without a subject',
    find: /^\s*(?:is|are|was|were|has|have|had|may|can|must|by|of|and|but|that|what|who|whose|whom|nobody)\b/i,
    instead:
      'Begin with a verb in the third person ("rejects …") or with the subject ("an expired token …").',
    now: 'is refused after the grace period',
    then: 'rejects the token after the grace period',
    allowed: ['a token is rejected after the grace period'],
  },
  {
    name: 'title without a verb',
    find: new RegExp(`^(?![^]*(?:${VERB.source}))[^]+`),
    instead: 'Say what happens.',
    now: 'a revoked token',
    then: 'rejects a revoked token',
    allowed: ['two requests share one session', 'F12 %s: the write is rejected'],
  },
];
