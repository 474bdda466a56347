# Both Python services are built from this file: docker build --build-arg SERVICE=authorization_service .

ARG PYTHON_IMAGE=python:3.13-slim
ARG NODE_IMAGE=node:22-slim
ARG SERVICE

# The console, which the key-value service alone has. npm asks the registry that the machine is set up for: the lock file names none.
FROM ${NODE_IMAGE} AS console_of_key_value_service
WORKDIR /build
COPY console/package.json console/package-lock.json console/.npmrc ./
RUN npm ci --no-audit --no-fund --loglevel=error
COPY console/index.html console/tsconfig.json console/vite.config.ts ./
COPY console/public public
COPY console/src src
RUN npm run build

FROM ${PYTHON_IMAGE} AS console_of_authorization_service
RUN mkdir -p /build/dist

FROM console_of_${SERVICE} AS console

FROM ${PYTHON_IMAGE} AS build
ARG POETRY_VERSION=2.5.1
ARG POETRY_EXPORT_VERSION=1.10.1
RUN python -m venv /opt/poetry \
    && /opt/poetry/bin/pip install --no-cache-dir \
        "poetry==${POETRY_VERSION}" "poetry-plugin-export==${POETRY_EXPORT_VERSION}" \
    && python -m venv --without-pip /opt/venv
# asynctnt publishes no wheel for Linux on ARM.
RUN [ "$(uname -m)" = x86_64 ] \
    || (apt-get update && apt-get install -y --no-install-recommends gcc libc6-dev)

WORKDIR /build
ARG SERVICE
# What the lock file names changes more rarely than the code, so it has a layer of its own. It is installed by pip, with the
# hashes of the lock file: unlike Poetry, pip asks the index that the machine is set up for.
COPY shared_kernel/pyproject.toml shared_kernel/
COPY ${SERVICE}/pyproject.toml ${SERVICE}/poetry.lock ${SERVICE}/
RUN /opt/poetry/bin/poetry check --lock --directory "${SERVICE}" \
    && /opt/poetry/bin/poetry export --directory "${SERVICE}" --only main | grep -v file:// > requirements.txt \
    && /opt/poetry/bin/pip --python /opt/venv/bin/python install --no-cache-dir --require-hashes -r requirements.txt
COPY shared_kernel/src shared_kernel/src
COPY ${SERVICE}/src ${SERVICE}/src
# Poetry's own environment has the build backend at the version that Poetry pins.
RUN /opt/poetry/bin/pip wheel --no-deps --no-build-isolation --wheel-dir wheels ./shared_kernel "./${SERVICE}" \
    && /opt/poetry/bin/pip --python /opt/venv/bin/python install --no-deps --no-index wheels/*.whl \
    && /opt/poetry/bin/pip --python /opt/venv/bin/python check \
    && ln -s "$(echo "${SERVICE}" | tr _ -)" /opt/venv/bin/serve

FROM ${PYTHON_IMAGE}
ARG SERVICE
# The same number reads the password in tarantool_infra/Dockerfile.
RUN groupadd --gid 10001 service \
    && useradd --uid 10001 --gid service --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin service \
    && install -d -o service -g service -m 700 "/var/lib/${SERVICE}" /run/service_secrets
COPY --from=build /opt/venv /opt/venv
COPY --from=console /build/dist /console/dist
ENV PATH=/opt/venv/bin:$PATH PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1
WORKDIR /
USER 10001:10001
CMD ["serve"]
