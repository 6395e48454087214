# What the official image's entry point does at the first start, as far as compose.yaml makes use of it.
set -eu
if [ "$1" = postgres ]; then
    if [ ! -s "$PGDATA/PG_VERSION" ]; then
        mkdir -p "$PGDATA"
        initdb --pgdata="$PGDATA" --username="$POSTGRES_USER" --pwfile="$POSTGRES_PASSWORD_FILE" \
            --auth-local=trust --auth-host=scram-sha-256 --encoding=UTF8 --locale=C
        echo "host all all all scram-sha-256" >> "$PGDATA/pg_hba.conf"
        echo "CREATE DATABASE $POSTGRES_DB" | postgres --single -D "$PGDATA" template1
    fi
    set -- "$@" -c "listen_addresses=*" -c unix_socket_directories=/var/run/postgresql
fi
exec "$@"
