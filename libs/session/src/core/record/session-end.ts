import type { SessionEnd } from './record.js';

/** The end of a session about which the store keeps no notice. */
export const UNKNOWN_END: SessionEnd = { reason: 'expired', at: null };

/** The end of a session that continues under a newer token. */
export const REPLACED: SessionEnd = { reason: 'replaced', at: null };
