/** What the demo can be asked for. */
export const API = {
  'POST /api/login': 'sign in: { "username": "alice", "password": "password" }',
  'POST /api/logout': 'sign out',
  'GET /api/me': 'who is signed in',
  'GET /api/session': 'the public facts of the current session, if there is one',
  'GET /api/cookie': 'the line that set the session cookie last, without its secret',
  'GET /api/sessions': 'your sessions',
  'DELETE /api/sessions/:id': 'end one of your sessions (after a sign-in of late)',
  'POST /api/sessions/revoke-others': 'end all your other sessions',
  'PUT /api/password':
    'change your password until the demo stops, and end your other sessions: { "currentPassword": …, "password": … } ' +
    '(after a recent sign-in)',
  'GET /api/events': 'your sessions as they change, and the end of this one: server-sent events',
  'GET /api/data': "the session's fields",
  'PUT /api/data/:key': 'set a field: { "value": … }',
  'DELETE /api/data/:key': 'remove a field',
  'POST /api/slow': 'wait, then set a field: { "ms": 500, "key": …, "value": … }',
  'GET /api/demo': 'how this demo is set up',
  'GET /api/lab/attacks': 'the attacks of the lab',
  'POST /api/lab/attacks/:name': 'run an attack against this demo, and against a plain application',
  'POST /api/lab/stages': 'a user with simulated devices and a limit of two sessions',
  'GET /api/admin/live': 'figures of this process, every second: server-sent events (admin)',
  'GET /api/admin/users?search=': 'users, and how many sessions they have (admin)',
  'GET /api/admin/users/:id/sessions': "a user's sessions (admin)",
  'DELETE /api/admin/users/:id/sessions': "end all of a user's sessions (admin)",
  'DELETE /api/admin/users/:id/sessions/:session': "end one of a user's sessions (admin)",
  'POST /api/admin/revoke-everyone':
    'end the sessions of everybody, with { "keepMine": true } but this one (admin, after a sign-in of late)',
  'GET /health': 'whether sessions can be reached',
};
