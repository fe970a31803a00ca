import { sourcePages } from '../.vitepress/repository.mjs';

export default { paths: sourcePages };
