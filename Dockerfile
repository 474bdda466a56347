# Both Python services are built from this file, and the command `backup`:
#
#     docker build --target service --build-arg SERVICE=authorization_service .
#     docker build --target backup --build-arg SERVICE=tarantool_backup .

ARG PYTHON_IMAGE=python:3.13-slim
ARG TARANTOOL_IMAGE=tarantool/tarantool:3
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

FROM console_of_authorization_service AS console_of_tarantool_backup

FROM console_of_${SERVICE} AS console

FROM ${PYTHON_IMAGE} AS build
ARG POETRY_VERSION=2.5.1
ARG POETRY_EXPORT_VERSION=1.10.1
ARG CYCLONEDX_VERSION=7.5.0
RUN python -m venv /opt/poetry \
    && /opt/poetry/bin/pip install --no-cache-dir \
        "poetry==${POETRY_VERSION}" "poetry-plugin-export==${POETRY_EXPORT_VERSION}" \
    && python -m venv /opt/cyclonedx \
    && /opt/cyclonedx/bin/pip install --no-cache-dir "cyclonedx-bom==${CYCLONEDX_VERSION}" \
    && python -m venv --without-pip /opt/venv
# What is built from the same sources has the same content: with it, compiled modules and wheels have no time of the build.
ARG SOURCE_DATE_EPOCH=1767225600
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
    && /opt/poetry/bin/poetry export --directory "${SERVICE}" --only main --all-extras \
        | grep -v file:// > requirements.txt \
    && /opt/poetry/bin/pip --python /opt/venv/bin/python install --no-cache-dir --require-hashes -r requirements.txt
COPY shared_kernel/src shared_kernel/src
COPY ${SERVICE}/src ${SERVICE}/src
# Poetry's own environment has the build backend at the version that Poetry pins.
RUN /opt/poetry/bin/pip wheel --no-deps --no-build-isolation --wheel-dir wheels \
        $(grep -q shared-kernel "${SERVICE}/pyproject.toml" && echo ./shared_kernel) "./${SERVICE}" \
    && /opt/poetry/bin/pip --python /opt/venv/bin/python install --no-deps --no-index wheels/*.whl \
    && /opt/poetry/bin/pip --python /opt/venv/bin/python check \
    && /opt/cyclonedx/bin/cyclonedx-py environment --output-reproducible --output-file /opt/venv/sbom.cdx.json /opt/venv/bin/python

FROM ${PYTHON_IMAGE} AS service
ARG SERVICE
# The same number reads the password in tarantool_infra/Dockerfile.
RUN groupadd --gid 10001 service \
    && useradd --uid 10001 --gid service --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin service \
    && install -d -o service -g service -m 700 "/var/lib/${SERVICE}" /run/service_secrets /run/certificates \
    && ln -s "/opt/venv/bin/$(echo "${SERVICE}" | tr _ -)" /usr/local/bin/serve
COPY --from=build /opt/venv /opt/venv
COPY --from=console /build/dist /console/dist
ENV PATH=/opt/venv/bin:$PATH PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1
WORKDIR /
USER 10001:10001
CMD ["serve"]

FROM ${TARANTOOL_IMAGE} AS tarantool

FROM ${PYTHON_IMAGE} AS backup
COPY --from=build /opt/venv /opt/venv
# `backup verify` and `backup export` start it. Its libraries are in it, except those that every Debian has.
COPY --from=tarantool /usr/bin/tarantool /usr/bin/
COPY --from=tarantool /etc/passwd /tmp/tarantool_passwd
# Data are readable by Tarantool's user alone, so this one has the same number.
RUN useradd --non-unique --uid "$(awk -F: '$1 == "tarantool" {print $3}' /tmp/tarantool_passwd)" \
        --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin backup_operator \
    && rm /tmp/tarantool_passwd \
    && install -d -o backup_operator -m 700 /var/lib/backups \
    && install -d -o backup_operator -m 755 /run/backup \
    && tarantool --version
ENV PATH=/opt/venv/bin:$PATH PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1
WORKDIR /
USER backup_operator
ENTRYPOINT ["backup"]
