_twilio-webhooks() {
    local IFS=$' \t\n'
    local args cur prev cmd opts arg
    args=("${COMP_WORDS[@]}")
    cur="${COMP_WORDS[COMP_CWORD]}"
    prev="${COMP_WORDS[COMP_CWORD-1]}"
    opts="-o --output --credentials-file --credentials-command --base-url --edge --region --proxy --ca-file --deadline --timeout --rate -v --verbose -h --help --version"

    case "$prev" in
        -o|--output)
            COMPREPLY=($(compgen -W "table json jsonl tsv" -- "$cur"))
            return 0
            ;;
        --credentials-file)
            COMPREPLY=($(compgen -f -- "$cur"))
            return 0
            ;;
        --credentials-command)
            COMPREPLY=($(compgen -f -- "$cur"))
            return 0
            ;;
        --base-url)
            COMPREPLY=($(compgen -f -- "$cur"))
            return 0
            ;;
        --edge)
            COMPREPLY=($(compgen -f -- "$cur"))
            return 0
            ;;
        --region)
            COMPREPLY=($(compgen -f -- "$cur"))
            return 0
            ;;
        --proxy)
            COMPREPLY=($(compgen -f -- "$cur"))
            return 0
            ;;
        --ca-file)
            COMPREPLY=($(compgen -f -- "$cur"))
            return 0
            ;;
        --deadline)
            COMPREPLY=($(compgen -f -- "$cur"))
            return 0
            ;;
        --timeout)
            COMPREPLY=($(compgen -f -- "$cur"))
            return 0
            ;;
        --rate)
            COMPREPLY=($(compgen -f -- "$cur"))
            return 0
            ;;
    esac

    args=("${args[@]:1}")
    for arg in "${args[@]}"; do
        case "$arg" in
            create)
                cmd="create"
                opts="$opts --channel --service --conversation --chat-service --type --url --method --filter --trigger --flow --retry-count --replay-after -f --field --dry-run"
                break
                ;;
            get)
                cmd="get"
                opts="$opts --channel --service --conversation --chat-service"
                break
                ;;
            list)
                cmd="list"
                opts="$opts --channel --service --conversation --chat-service --page-size"
                break
                ;;
            update)
                cmd="update"
                opts="$opts --channel --service --conversation --chat-service --url --method --filter --trigger --flow --retry-count -f --field --dry-run"
                break
                ;;
            delete)
                cmd="delete"
                opts="$opts --channel --service --conversation --chat-service -y --yes --dry-run"
                break
                ;;
            ensure)
                cmd="ensure"
                opts="$opts --channel --service --conversation --chat-service --type --url --method --filter --trigger --flow --retry-count --replay-after -f --field --dry-run"
                break
                ;;
            channels)
                cmd="channels"
                opts="$opts --service --type --page-size --page"
                break
                ;;
            conversations)
                cmd="conversations"
                opts="$opts --chat-service --start-date --end-date --state --page-size --page"
                break
                ;;
            export)
                cmd="export"
                opts="$opts --channel --service --conversation --chat-service --all-channels --all-conversations --where"
                break
                ;;
            plan)
                cmd="plan"
                opts="$opts --out --format --prune --prune-url --expect-no-changes --all-channels --all-conversations --where --service --chat-service --type --url --method --filter --trigger --flow --retry-count --replay-after -f --field"
                break
                ;;
            apply)
                cmd="apply"
                opts="$opts --plan --journal --format --prune --prune-url --expect-no-changes --all-channels --all-conversations --where -y --yes --dry-run --service --chat-service --type --url --method --filter --trigger --flow --retry-count --replay-after -f --field"
                break
                ;;
            verify)
                cmd="verify"
                opts="$opts --url --signature --body --content-type -f --field --settings --key"
                break
                ;;
            send)
                cmd="send"
                opts="$opts --event -f --field --method --body --content-type --key --dry-run"
                break
                ;;
            sandbox)
                cmd="sandbox"
                opts="$opts --port --host --latency --channels --conversations --addresses --alias --fault --seed"
                break
                ;;
            doctor)
                cmd="doctor"
                opts="$opts --journal"
                break
                ;;
            completion)
                cmd="completion"
                opts="$opts "
                break
                ;;
            help)
                cmd="help"
                opts="$opts "
                break
                ;;
        esac
    done

    case "$cmd" in
        '')
            COMPREPLY=($(compgen -W "create get list update delete ensure channels conversations export plan apply verify send sandbox doctor completion help" -- "$cur"))
            ;;
        'create')
            case "$prev" in
                --channel)
                    COMPREPLY=($(compgen -f -- "$cur"))
                    return 0
                    ;;
                --service)
                    COMPREPLY=($(compgen -f -- "$cur"))
                    return 0
                    ;;
                --conversation)
                    COMPREPLY=($(compgen -f -- "$cur"))
                    return 0
                    ;;
                --chat-service)
                    COMPREPLY=($(compgen -f -- "$cur"))
                    return 0
                    ;;
                --type)
                    COMPREPLY=($(compgen -f -- "$cur"))
                    return 0
                    ;;
                --url)
                    COMPREPLY=($(compgen -f -- "$cur"))
                    return 0
                    ;;
                --method)
                    COMPREPLY=($(compgen -f -- "$cur"))
                    return 0
                    ;;
                --filter)
                    COMPREPLY=($(compgen -f -- "$cur"))
                    return 0
                    ;;
                --trigger)
                    COMPREPLY=($(compgen -f -- "$cur"))
                    return 0
                    ;;
                --flow)
                    COMPREPLY=($(compgen -f -- "$cur"))
                    return 0
                    ;;
                --retry-count)
                    COMPREPLY=($(compgen -f -- "$cur"))
                    return 0
                    ;;
                --replay-after)
                    COMPREPLY=($(compgen -f -- "$cur"))
                    return 0
                    ;;
                -f|--field)
                    COMPREPLY=($(compgen -f -- "$cur"))
                    return 0
                    ;;
            esac

            ;;
        'get')
            case "$prev" in
                --channel)
                    COMPREPLY=($(compgen -f -- "$cur"))
                    return 0
                    ;;
                --service)
                    COMPREPLY=($(compgen -f -- "$cur"))
                    return 0
                    ;;
                --conversation)
                    COMPREPLY=($(compgen -f -- "$cur"))
                    return 0
                    ;;
                --chat-service)
                    COMPREPLY=($(compgen -f -- "$cur"))
                    return 0
                    ;;
            esac

            ;;
        'list')
            case "$prev" in
                --channel)
                    COMPREPLY=($(compgen -f -- "$cur"))
                    return 0
                    ;;
                --service)
                    COMPREPLY=($(compgen -f -- "$cur"))
                    return 0
                    ;;
                --conversation)
                    COMPREPLY=($(compgen -f -- "$cur"))
                    return 0
                    ;;
                --chat-service)
                    COMPREPLY=($(compgen -f -- "$cur"))
                    return 0
                    ;;
                --page-size)
                    COMPREPLY=($(compgen -f -- "$cur"))
                    return 0
                    ;;
            esac

            ;;
        'update')
            case "$prev" in
                --channel)
                    COMPREPLY=($(compgen -f -- "$cur"))
                    return 0
                    ;;
                --service)
                    COMPREPLY=($(compgen -f -- "$cur"))
                    return 0
                    ;;
                --conversation)
                    COMPREPLY=($(compgen -f -- "$cur"))
                    return 0
                    ;;
                --chat-service)
                    COMPREPLY=($(compgen -f -- "$cur"))
                    return 0
                    ;;
                --url)
                    COMPREPLY=($(compgen -f -- "$cur"))
                    return 0
                    ;;
                --method)
                    COMPREPLY=($(compgen -f -- "$cur"))
                    return 0
                    ;;
                --filter)
                    COMPREPLY=($(compgen -f -- "$cur"))
                    return 0
                    ;;
                --trigger)
                    COMPREPLY=($(compgen -f -- "$cur"))
                    return 0
                    ;;
                --flow)
                    COMPREPLY=($(compgen -f -- "$cur"))
                    return 0
                    ;;
                --retry-count)
                    COMPREPLY=($(compgen -f -- "$cur"))
                    return 0
                    ;;
                -f|--field)
                    COMPREPLY=($(compgen -f -- "$cur"))
                    return 0
                    ;;
            esac

            ;;
        'delete')
            case "$prev" in
                --channel)
                    COMPREPLY=($(compgen -f -- "$cur"))
                    return 0
                    ;;
                --service)
                    COMPREPLY=($(compgen -f -- "$cur"))
                    return 0
                    ;;
                --conversation)
                    COMPREPLY=($(compgen -f -- "$cur"))
                    return 0
                    ;;
                --chat-service)
                    COMPREPLY=($(compgen -f -- "$cur"))
                    return 0
                    ;;
            esac

            ;;
        'ensure')
            case "$prev" in
                --channel)
                    COMPREPLY=($(compgen -f -- "$cur"))
                    return 0
                    ;;
                --service)
                    COMPREPLY=($(compgen -f -- "$cur"))
                    return 0
                    ;;
                --conversation)
                    COMPREPLY=($(compgen -f -- "$cur"))
                    return 0
                    ;;
                --chat-service)
                    COMPREPLY=($(compgen -f -- "$cur"))
                    return 0
                    ;;
                --type)
                    COMPREPLY=($(compgen -f -- "$cur"))
                    return 0
                    ;;
                --url)
                    COMPREPLY=($(compgen -f -- "$cur"))
                    return 0
                    ;;
                --method)
                    COMPREPLY=($(compgen -f -- "$cur"))
                    return 0
                    ;;
                --filter)
                    COMPREPLY=($(compgen -f -- "$cur"))
                    return 0
                    ;;
                --trigger)
                    COMPREPLY=($(compgen -f -- "$cur"))
                    return 0
                    ;;
                --flow)
                    COMPREPLY=($(compgen -f -- "$cur"))
                    return 0
                    ;;
                --retry-count)
                    COMPREPLY=($(compgen -f -- "$cur"))
                    return 0
                    ;;
                --replay-after)
                    COMPREPLY=($(compgen -f -- "$cur"))
                    return 0
                    ;;
                -f|--field)
                    COMPREPLY=($(compgen -f -- "$cur"))
                    return 0
                    ;;
            esac

            ;;
        'channels')
            case "$prev" in
                --service)
                    COMPREPLY=($(compgen -f -- "$cur"))
                    return 0
                    ;;
                --type)
                    COMPREPLY=($(compgen -f -- "$cur"))
                    return 0
                    ;;
                --page-size)
                    COMPREPLY=($(compgen -f -- "$cur"))
                    return 0
                    ;;
                --page)
                    COMPREPLY=($(compgen -f -- "$cur"))
                    return 0
                    ;;
            esac

            ;;
        'conversations')
            case "$prev" in
                --chat-service)
                    COMPREPLY=($(compgen -f -- "$cur"))
                    return 0
                    ;;
                --start-date)
                    COMPREPLY=($(compgen -f -- "$cur"))
                    return 0
                    ;;
                --end-date)
                    COMPREPLY=($(compgen -f -- "$cur"))
                    return 0
                    ;;
                --state)
                    COMPREPLY=($(compgen -f -- "$cur"))
                    return 0
                    ;;
                --page-size)
                    COMPREPLY=($(compgen -f -- "$cur"))
                    return 0
                    ;;
                --page)
                    COMPREPLY=($(compgen -f -- "$cur"))
                    return 0
                    ;;
            esac

            ;;
        'export')
            case "$prev" in
                --channel)
                    COMPREPLY=($(compgen -f -- "$cur"))
                    return 0
                    ;;
                --service)
                    COMPREPLY=($(compgen -f -- "$cur"))
                    return 0
                    ;;
                --conversation)
                    COMPREPLY=($(compgen -f -- "$cur"))
                    return 0
                    ;;
                --chat-service)
                    COMPREPLY=($(compgen -f -- "$cur"))
                    return 0
                    ;;
                --where)
                    COMPREPLY=($(compgen -f -- "$cur"))
                    return 0
                    ;;
            esac

            ;;
        'plan')
            case "$prev" in
                --out)
                    COMPREPLY=($(compgen -f -- "$cur"))
                    return 0
                    ;;
                --format)
                    COMPREPLY=($(compgen -W "jsonl json csv lua" -- "$cur"))
                    return 0
                    ;;
                --prune-url)
                    COMPREPLY=($(compgen -f -- "$cur"))
                    return 0
                    ;;
                --where)
                    COMPREPLY=($(compgen -f -- "$cur"))
                    return 0
                    ;;
                --service)
                    COMPREPLY=($(compgen -f -- "$cur"))
                    return 0
                    ;;
                --chat-service)
                    COMPREPLY=($(compgen -f -- "$cur"))
                    return 0
                    ;;
                --type)
                    COMPREPLY=($(compgen -f -- "$cur"))
                    return 0
                    ;;
                --url)
                    COMPREPLY=($(compgen -f -- "$cur"))
                    return 0
                    ;;
                --method)
                    COMPREPLY=($(compgen -f -- "$cur"))
                    return 0
                    ;;
                --filter)
                    COMPREPLY=($(compgen -f -- "$cur"))
                    return 0
                    ;;
                --trigger)
                    COMPREPLY=($(compgen -f -- "$cur"))
                    return 0
                    ;;
                --flow)
                    COMPREPLY=($(compgen -f -- "$cur"))
                    return 0
                    ;;
                --retry-count)
                    COMPREPLY=($(compgen -f -- "$cur"))
                    return 0
                    ;;
                --replay-after)
                    COMPREPLY=($(compgen -f -- "$cur"))
                    return 0
                    ;;
                -f|--field)
                    COMPREPLY=($(compgen -f -- "$cur"))
                    return 0
                    ;;
            esac

            ;;
        'apply')
            case "$prev" in
                --plan)
                    COMPREPLY=($(compgen -f -- "$cur"))
                    return 0
                    ;;
                --journal)
                    COMPREPLY=($(compgen -f -- "$cur"))
                    return 0
                    ;;
                --format)
                    COMPREPLY=($(compgen -W "jsonl json csv lua" -- "$cur"))
                    return 0
                    ;;
                --prune-url)
                    COMPREPLY=($(compgen -f -- "$cur"))
                    return 0
                    ;;
                --where)
                    COMPREPLY=($(compgen -f -- "$cur"))
                    return 0
                    ;;
                --service)
                    COMPREPLY=($(compgen -f -- "$cur"))
                    return 0
                    ;;
                --chat-service)
                    COMPREPLY=($(compgen -f -- "$cur"))
                    return 0
                    ;;
                --type)
                    COMPREPLY=($(compgen -f -- "$cur"))
                    return 0
                    ;;
                --url)
                    COMPREPLY=($(compgen -f -- "$cur"))
                    return 0
                    ;;
                --method)
                    COMPREPLY=($(compgen -f -- "$cur"))
                    return 0
                    ;;
                --filter)
                    COMPREPLY=($(compgen -f -- "$cur"))
                    return 0
                    ;;
                --trigger)
                    COMPREPLY=($(compgen -f -- "$cur"))
                    return 0
                    ;;
                --flow)
                    COMPREPLY=($(compgen -f -- "$cur"))
                    return 0
                    ;;
                --retry-count)
                    COMPREPLY=($(compgen -f -- "$cur"))
                    return 0
                    ;;
                --replay-after)
                    COMPREPLY=($(compgen -f -- "$cur"))
                    return 0
                    ;;
                -f|--field)
                    COMPREPLY=($(compgen -f -- "$cur"))
                    return 0
                    ;;
            esac

            ;;
        'verify')
            case "$prev" in
                --url)
                    COMPREPLY=($(compgen -f -- "$cur"))
                    return 0
                    ;;
                --signature)
                    COMPREPLY=($(compgen -f -- "$cur"))
                    return 0
                    ;;
                --body)
                    COMPREPLY=($(compgen -f -- "$cur"))
                    return 0
                    ;;
                --content-type)
                    COMPREPLY=($(compgen -f -- "$cur"))
                    return 0
                    ;;
                -f|--field)
                    COMPREPLY=($(compgen -f -- "$cur"))
                    return 0
                    ;;
                --settings)
                    COMPREPLY=($(compgen -f -- "$cur"))
                    return 0
                    ;;
                --key)
                    COMPREPLY=($(compgen -f -- "$cur"))
                    return 0
                    ;;
            esac

            ;;
        'send')
            case "$prev" in
                --event)
                    COMPREPLY=($(compgen -f -- "$cur"))
                    return 0
                    ;;
                -f|--field)
                    COMPREPLY=($(compgen -f -- "$cur"))
                    return 0
                    ;;
                --method)
                    COMPREPLY=($(compgen -W "GET POST" -- "$cur"))
                    return 0
                    ;;
                --body)
                    COMPREPLY=($(compgen -f -- "$cur"))
                    return 0
                    ;;
                --content-type)
                    COMPREPLY=($(compgen -f -- "$cur"))
                    return 0
                    ;;
                --key)
                    COMPREPLY=($(compgen -f -- "$cur"))
                    return 0
                    ;;
            esac

            ;;
        'sandbox')
            case "$prev" in
                --port)
                    COMPREPLY=($(compgen -f -- "$cur"))
                    return 0
                    ;;
                --host)
                    COMPREPLY=($(compgen -f -- "$cur"))
                    return 0
                    ;;
                --latency)
                    COMPREPLY=($(compgen -f -- "$cur"))
                    return 0
                    ;;
                --channels)
                    COMPREPLY=($(compgen -f -- "$cur"))
                    return 0
                    ;;
                --conversations)
                    COMPREPLY=($(compgen -f -- "$cur"))
                    return 0
                    ;;
                --addresses)
                    COMPREPLY=($(compgen -f -- "$cur"))
                    return 0
                    ;;
                --alias)
                    COMPREPLY=($(compgen -f -- "$cur"))
                    return 0
                    ;;
                --fault)
                    COMPREPLY=($(compgen -f -- "$cur"))
                    return 0
                    ;;
                --seed)
                    COMPREPLY=($(compgen -f -- "$cur"))
                    return 0
                    ;;
            esac

            ;;
        'doctor')
            case "$prev" in
                --journal)
                    COMPREPLY=($(compgen -f -- "$cur"))
                    return 0
                    ;;
            esac

            ;;
    esac

    if [[ "$cur" = -* ]]; then
        COMPREPLY=($(compgen -W "$opts" -- "$cur"))
    fi
}

complete -F _twilio-webhooks -o bashdefault -o default twilio-webhooks
