# Completes twilio-webhooks in bash.

_twilio_webhooks() {
    local IFS=$' \t\n'
    local current=${COMP_WORDS[COMP_CWORD]} command= argument= flag= joined= word= words= i
    COMPREPLY=()

    # Bash makes words of = and :, too.
    for ((i = 1; i < COMP_CWORD; i++)); do
        word=${COMP_WORDS[i]}
        case $word in
        [=:]*)
            joined=yes
            continue
            ;;
        esac
        if [[ $flag ]]; then
            flag=
        elif [[ ! $joined ]]; then
            case $word in
            -- | -v | --verbose | -h | --help | --version | --dry-run | -y | --yes | --all-channels | --all-conversations | --prune | --expect-no-changes | -[!-]?*) ;;
            -*) flag=$word ;;
            *) if [[ $command ]]; then argument=$word; else command=$word; fi ;;
            esac
        fi
        joined=
    done
    case $current in
    =) current= joined=yes ;;
    :*) joined=yes flag= ;;
    esac
    if [[ $joined && ! $flag ]]; then return; fi # in the middle of a value

    current=${current#[\"\']}
    if [[ $flag ]]; then
        case $command:$flag in
        create:--type | ensure:--type | plan:--type | apply:--type) words="webhook trigger studio" ;;
        create:--method | update:--method | ensure:--method | plan:--method | apply:--method | send:--method) words="GET POST" ;;
        create:--filter | update:--filter | ensure:--filter | plan:--filter | apply:--filter | send:--event) words="onChannelAdd onChannelAdded onChannelDestroy onChannelDestroyed onChannelUpdate onChannelUpdated onConversationAdd onConversationAdded onConversationRemove onConversationRemoved onConversationStateUpdated onConversationUpdate onConversationUpdated onDeliveryUpdated onMediaMessageSend onMediaMessageSent onMemberAdd onMemberAdded onMemberRemove onMemberRemoved onMemberUpdate onMemberUpdated onMessageAdd onMessageAdded onMessageRemove onMessageRemoved onMessageSend onMessageSent onMessageUpdate onMessageUpdated onParticipantAdd onParticipantAdded onParticipantRemove onParticipantRemoved onParticipantUpdate onParticipantUpdated onUserAdded onUserUpdate onUserUpdated" ;;
        channels:--type) words="public private" ;;
        conversations:--state) words="initializing inactive active closed" ;;
        plan:--out | apply:--plan | apply:--journal | verify:--body | send:--body | doctor:--journal | *:--credentials-file | *:--ca-file) words="<files>" ;;
        plan:--format | apply:--format) words="jsonl json csv lua" ;;
        *:-o | *:--output) words="table json jsonl tsv" ;;
        esac
    elif [[ $current == -* ]]; then
        case $command in
        create | ensure) words="--channel --service --conversation --chat-service --type --url --method --filter --trigger --flow --retry-count --replay-after -f --field --dry-run" ;;
        get) words="--channel --service --conversation --chat-service" ;;
        list) words="--channel --service --conversation --chat-service --page-size" ;;
        update) words="--channel --service --conversation --chat-service --url --method --filter --trigger --flow --retry-count -f --field --dry-run" ;;
        delete) words="--channel --service --conversation --chat-service -y --yes --dry-run" ;;
        channels) words="--service --type --page-size --page" ;;
        conversations) words="--chat-service --start-date --end-date --state --page-size --page" ;;
        export) words="--channel --service --conversation --chat-service --all-channels --all-conversations --where" ;;
        plan) words="--out --format --prune --prune-url --expect-no-changes --all-channels --all-conversations --where --service --chat-service --type --url --method --filter --trigger --flow --retry-count --replay-after -f --field" ;;
        apply) words="--plan --journal --format --prune --prune-url --expect-no-changes --all-channels --all-conversations --where -y --yes --dry-run --service --chat-service --type --url --method --filter --trigger --flow --retry-count --replay-after -f --field" ;;
        verify) words="--url --signature --body --content-type -f --field --settings --key" ;;
        send) words="--event -f --field --method --body --content-type --key --dry-run" ;;
        sandbox) words="--port --host --latency --channels --conversations --addresses --alias --fault --seed" ;;
        doctor) words="--journal" ;;
        esac
        words="$words -o --output --credentials-file --credentials-command --base-url --edge --region --proxy --ca-file --deadline --timeout --rate -v --verbose -h --help --version"
    elif [[ ! $argument ]]; then
        case $command in
        '') words="create get list update delete ensure channels conversations export plan apply verify send sandbox doctor completion help" ;;
        plan | apply) words="<files>" ;;
        completion) words="bash zsh fish" ;;
        help) words="flags credentials exit formats create get list update delete ensure channels conversations export plan apply verify send sandbox doctor completion help" ;;
        esac
    fi

    if [[ $words == "<files>" ]]; then
        # Bash's own way knows about quotes. Bash 3.2 has no compopt.
        IFS=$'\n'
        compopt -o default 2>/dev/null || COMPREPLY=($(compgen -f -- "$current"))
    else
        COMPREPLY=($(compgen -W "$words" -- "$current"))
    fi
}

complete -o bashdefault -F _twilio_webhooks twilio-webhooks
