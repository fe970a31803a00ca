import { Controller, Get } from '@nestjs/common';
import { Public } from 'nestjs-redis-session';

const API = {
  'POST /api/login': 'sign in: { "username": "alice", "password": "password" }',
  'POST /api/logout': 'sign out',
  'GET /api/me': 'who is signed in',
  'GET /api/session': 'the public facts of the current session, if there is one',
  'GET /api/sessions': 'your sessions',
  'DELETE /api/sessions/:id': 'end one of your sessions',
  'POST /api/sessions/revoke-others': 'end all your other sessions',
  'GET /api/data': "the session's fields",
  'PUT /api/data/:key': 'set a field: { "value": … }',
  'DELETE /api/data/:key': 'remove a field',
  'GET /api/slow?ms=&key=&value=': 'wait, then set a field',
  'GET /api/admin/users/:id/sessions': "a user's sessions (admin)",
  'DELETE /api/admin/users/:id/sessions': "end all of a user's sessions (admin)",
  'GET /health': 'whether sessions can be reached',
};

@Controller()
@Public()
export class IndexController {
  @Get()
  index(): object {
    return { name: 'nestjs-redis-session demo', api: API };
  }
}
