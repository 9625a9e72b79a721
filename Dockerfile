# The bot, the agent and the `lotse` command. No build stage: Node runs the sources as they are.
FROM node:24-slim
# The agent fetches with git; the bot needs neither.
RUN apt-get update && apt-get install -y --no-install-recommends ca-certificates git openssh-client \
  && rm -rf /var/lib/apt/lists/*
ENV NODE_ENV=production
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci --omit=dev --ignore-scripts && npm cache clean --force && mkdir /data && chown node:node /data
COPY src ./src
COPY LICENSE ./
USER node
# The bot listens on 3000, the agent on 8080, unless PORT says otherwise.
ENV DATA_DIR=/data
VOLUME /data
EXPOSE 3000 8080
# Both for memory: small young generations, and no optimizing compiler for WebAssembly, which takes half a GiB for the
# embedded database and gives a sixth of its speed.
ENTRYPOINT ["node", "--max-semi-space-size=2", "--liftoff-only", "src/cli/main.ts"]
CMD ["bot"]
