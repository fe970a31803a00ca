FROM node:22-alpine AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
COPY libs/session/package.json libs/session/
COPY apps/demo/package.json apps/demo/
RUN npm ci
COPY tsconfig.json ./
COPY scripts scripts
COPY libs libs
COPY apps apps
# Packages of a workspace lie in its own node_modules too, so the folders go on whole, less the sources.
RUN npm run build && npm prune --omit=dev && rm -rf libs/*/src apps/*/src scripts

FROM node:22-alpine
ENV NODE_ENV=production
WORKDIR /app
COPY --from=build /app .
USER node
EXPOSE 3000
CMD ["node", "apps/demo/dist/main.js"]
