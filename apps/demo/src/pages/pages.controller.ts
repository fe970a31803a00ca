import { Controller, Get, Header, Headers, NotFoundException, Param, StreamableFile } from '@nestjs/common';
import { Public } from 'nestjs-redis-session';
import { API } from './api-list.js';
import { readWebFiles } from './web-files.js';

/** For assets, whose names contain a digest of their content. */
const CACHE_FOREVER = 'public, max-age=31536000, immutable';

/** Serves the pages that the build makes from `web/`. */
@Controller()
@Public()
export class PagesController {
  private readonly files = readWebFiles();

  /** Responds with the page when the client prefers HTML, otherwise with the list of routes. */
  @Get()
  @Header('Vary', 'Accept')
  @Header('Cache-Control', 'no-cache')
  index(@Headers('accept') accept: string | undefined): StreamableFile | object {
    return wantsHtml(accept) ? this.file('index.html') : this.api();
  }

  @Get('api')
  api(): object {
    return { name: 'nestjs-redis-session demo', api: API };
  }

  @Get('assets/:name')
  @Header('Cache-Control', CACHE_FOREVER)
  asset(@Param('name') name: string): StreamableFile {
    return this.file(`assets/${name}`);
  }

  @Get('icon.svg')
  icon(): StreamableFile {
    return this.file('icon.svg');
  }

  private file(name: string): StreamableFile {
    const file = this.files.get(name);
    if (!file) throw new NotFoundException('Unknown file.');
    return new StreamableFile(file.content, { type: file.type, length: file.content.length });
  }
}

function wantsHtml(accept = ''): boolean {
  const json = accept.indexOf('application/json');
  const html = accept.search(/text\/html|\*\/\*/);
  return html !== -1 && (json === -1 || html < json);
}
