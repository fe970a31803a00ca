/** The routes of the demo, which `GET /api` lists. */
export const API = {
  'POST /api/login': 'sign in: { "username": "alice", "password": "password" }',
  'POST /api/logout': 'sign out',
  'GET /api/me': 'the signed-in user and session',
  'GET /api/session': 'the current session without its token, signed in or anonymous',
  'GET /api/cookie': 'the latest Set-Cookie header of this session, without the token',
  'GET /api/sessions': 'your sessions',
  'DELETE /api/sessions/:id': 'end one of your sessions (requires a recent sign-in)',
  'POST /api/sessions/revoke-others': 'end all your other sessions (requires a recent sign-in)',
  'PUT /api/password':
    'change your password and end your other sessions: { "currentPassword": …, "password": … } ' +
    '(requires a recent sign-in; the password resets when the demo restarts)',
  'GET /api/events': 'server-sent events: your sessions whenever they change, and the end of this session',
  'GET /api/data': "the session's fields",
  'PUT /api/data/:key': 'set a field: { "value": … }',
  'DELETE /api/data/:key': 'remove a field',
  'POST /api/slow': 'set a field after a delay: { "ms": 500, "key": …, "value": … }',
  'GET /api/demo': 'the configuration of this demo',
  'GET /api/lab/attacks': 'the attacks of the lab',
  'POST /api/lab/attacks/:name': 'run an attack against this demo and against a plain application',
  'POST /api/lab/simulations': 'start a simulation: a user with four devices and a limit of two sessions',
  'POST /api/lab/simulations/:id/sign-in': 'sign in from a device: { "device": "Laptop" }',
  'POST /api/lab/simulations/:id/sign-out': 'sign out from a device: { "device": "Laptop" }',
  'GET /api/admin/live': 'server-sent events: metrics of this process, every second (admin)',
  'GET /api/admin/users?search=':
    'users whose names start with a text, and their numbers of sessions (admin)',
  'GET /api/admin/users/:id/sessions': "a user's sessions (admin)",
  'DELETE /api/admin/users/:id/sessions': "end all of a user's sessions (admin)",
  'DELETE /api/admin/users/:id/sessions/:session': "end one of a user's sessions (admin)",
  'POST /api/admin/revoke-everyone':
    'end the sessions of all users; { "keepMine": true } keeps this one (admin, requires a recent sign-in)',
  'GET /health': '200 when the session store responds, otherwise 503',
  'GET /ready': '200, and 503 once the process is stopping: the health check of a load balancer',
};
