function __fish_twilio-webhooks_print_command
    set -l cmdline (commandline -poc)
    set -l cmd
    set -e cmdline[1]
    for arg in $cmdline
        switch $arg
            case create
                set cmd $cmd create
                break
            case get
                set cmd $cmd get
                break
            case list
                set cmd $cmd list
                break
            case update
                set cmd $cmd update
                break
            case delete
                set cmd $cmd delete
                break
            case ensure
                set cmd $cmd ensure
                break
            case channels
                set cmd $cmd channels
                break
            case conversations
                set cmd $cmd conversations
                break
            case export
                set cmd $cmd export
                break
            case plan
                set cmd $cmd plan
                break
            case apply
                set cmd $cmd apply
                break
            case verify
                set cmd $cmd verify
                break
            case send
                set cmd $cmd send
                break
            case sandbox
                set cmd $cmd sandbox
                break
            case doctor
                set cmd $cmd doctor
                break
            case completion
                set cmd $cmd completion
                break
            case help
                set cmd $cmd help
                break
        end
    end
    echo "$cmd"
end

function __fish_twilio-webhooks_using_command
    test (__fish_twilio-webhooks_print_command) = "$argv"
    and return 0
    or return 1
end

function __fish_twilio-webhooks_seen_command
    string match -q "$argv*" (__fish_twilio-webhooks_print_command)
    and return 0
    or return 1
end

complete -c twilio-webhooks -n '__fish_twilio-webhooks_using_command' -xa 'create' -d 'Create a webhook'
complete -c twilio-webhooks -n '__fish_twilio-webhooks_using_command' -xa 'get' -d 'Show a webhook'
complete -c twilio-webhooks -n '__fish_twilio-webhooks_using_command' -xa 'list' -d 'List the webhooks of a channel or a conversation'
complete -c twilio-webhooks -n '__fish_twilio-webhooks_using_command' -xa 'update' -d 'Change a webhook'
complete -c twilio-webhooks -n '__fish_twilio-webhooks_using_command' -xa 'delete' -d 'Delete webhooks'
complete -c twilio-webhooks -n '__fish_twilio-webhooks_using_command' -xa 'ensure' -d 'Make sure that a webhook like this exists'
complete -c twilio-webhooks -n '__fish_twilio-webhooks_using_command' -xa 'channels' -d 'List all channels of a Chat service'
complete -c twilio-webhooks -n '__fish_twilio-webhooks_using_command' -xa 'conversations' -d 'List all conversations of an account or a service'
complete -c twilio-webhooks -n '__fish_twilio-webhooks_using_command' -xa 'export' -d 'Write webhooks as rows that apply takes'
complete -c twilio-webhooks -n '__fish_twilio-webhooks_using_command' -xa 'plan' -d 'Show what apply would do for a file of webhooks'
complete -c twilio-webhooks -n '__fish_twilio-webhooks_using_command' -xa 'apply' -d 'Give channels the webhooks that a file lists'
complete -c twilio-webhooks -n '__fish_twilio-webhooks_using_command' -xa 'verify' -d 'Is an incoming request Twilio\'s?'
complete -c twilio-webhooks -n '__fish_twilio-webhooks_using_command' -xa 'send' -d 'Send an event to a URL, signed as Twilio\'s are'
complete -c twilio-webhooks -n '__fish_twilio-webhooks_using_command' -xa 'sandbox' -d 'Run the API on this machine, to try things out'
complete -c twilio-webhooks -n '__fish_twilio-webhooks_using_command' -xa 'doctor' -d 'Find what is wrong: credentials, network, clock, files'
complete -c twilio-webhooks -n '__fish_twilio-webhooks_using_command' -xa 'completion' -d 'Print a completion script for bash, zsh or fish'
complete -c twilio-webhooks -n '__fish_twilio-webhooks_using_command' -xa 'help' -d 'Explain a command or a topic: flags, credentials, exit, formats'
complete -c twilio-webhooks -s o -l output -xa 'table json jsonl tsv' -d 'table (the default), json, jsonl or tsv'
complete -c twilio-webhooks -l credentials-file -r -d 'credentials as lines NAME=value, or JSON; - is standard input'
complete -c twilio-webhooks -l credentials-command -r -d 'a command that prints them'
complete -c twilio-webhooks -l base-url -r -d 'where the API is, if not at Twilio'
complete -c twilio-webhooks -l edge -r -d 'Twilio\'s edge, with its region'
complete -c twilio-webhooks -l region -r -d 'Twilio\'s region, such as ie1'
complete -c twilio-webhooks -l proxy -r -d 'a proxy, whatever the environment says'
complete -c twilio-webhooks -l ca-file -r -d 'CA certificates in PEM'
complete -c twilio-webhooks -l deadline -r -d 'for a call and all its attempts (60)'
complete -c twilio-webhooks -l timeout -r -d 'for one request (30)'
complete -c twilio-webhooks -l rate -r -d 'requests a second, at most'
complete -c twilio-webhooks -s v -l verbose -d 'print each request on standard error'
complete -c twilio-webhooks -s h -l help -d 'what a command does, with an example'
complete -c twilio-webhooks -l version -d 'the version'

complete -c twilio-webhooks -n '__fish_twilio-webhooks_seen_command create' -l channel -r -d 'the channel\'s sid or unique name'
complete -c twilio-webhooks -n '__fish_twilio-webhooks_seen_command create' -l service -r -d 'its chat service (else TWILIO_SERVICE_SID)'
complete -c twilio-webhooks -n '__fish_twilio-webhooks_seen_command create' -l conversation -r -d 'or a conversation\'s sid or unique name'
complete -c twilio-webhooks -n '__fish_twilio-webhooks_seen_command create' -l chat-service -r -d 'the service of the conversation, if it has one'
complete -c twilio-webhooks -n '__fish_twilio-webhooks_seen_command create' -l type -r -d 'webhook, trigger or studio; other flags imply it'
complete -c twilio-webhooks -n '__fish_twilio-webhooks_seen_command create' -l url -r -d 'the URL that it calls'
complete -c twilio-webhooks -n '__fish_twilio-webhooks_seen_command create' -l method -r -d 'GET or POST'
complete -c twilio-webhooks -n '__fish_twilio-webhooks_seen_command create' -l filter -r -d 'an event that calls it; repeat it for others'
complete -c twilio-webhooks -n '__fish_twilio-webhooks_seen_command create' -l trigger -r -d 'a text that calls it; repeat it for others'
complete -c twilio-webhooks -n '__fish_twilio-webhooks_seen_command create' -l flow -r -d 'the Studio flow that it starts'
complete -c twilio-webhooks -n '__fish_twilio-webhooks_seen_command create' -l retry-count -r -d 'further calls after a failure (a channel\'s)'
complete -c twilio-webhooks -n '__fish_twilio-webhooks_seen_command create' -l replay-after -r -d 'message index to replay from (a conversation\'s)'
complete -c twilio-webhooks -n '__fish_twilio-webhooks_seen_command create' -s f -l field -r -d 'any other parameter'
complete -c twilio-webhooks -n '__fish_twilio-webhooks_seen_command create' -l dry-run -d 'show what would be sent, and send nothing'

complete -c twilio-webhooks -n '__fish_twilio-webhooks_seen_command get' -l channel -r -d 'the channel\'s sid or unique name'
complete -c twilio-webhooks -n '__fish_twilio-webhooks_seen_command get' -l service -r -d 'its chat service (else TWILIO_SERVICE_SID)'
complete -c twilio-webhooks -n '__fish_twilio-webhooks_seen_command get' -l conversation -r -d 'or a conversation\'s sid or unique name'
complete -c twilio-webhooks -n '__fish_twilio-webhooks_seen_command get' -l chat-service -r -d 'the service of the conversation, if it has one'

complete -c twilio-webhooks -n '__fish_twilio-webhooks_seen_command list' -l channel -r -d 'the channel\'s sid or unique name'
complete -c twilio-webhooks -n '__fish_twilio-webhooks_seen_command list' -l service -r -d 'its chat service (else TWILIO_SERVICE_SID)'
complete -c twilio-webhooks -n '__fish_twilio-webhooks_seen_command list' -l conversation -r -d 'or a conversation\'s sid or unique name'
complete -c twilio-webhooks -n '__fish_twilio-webhooks_seen_command list' -l chat-service -r -d 'the service of the conversation, if it has one'
complete -c twilio-webhooks -n '__fish_twilio-webhooks_seen_command list' -l page-size -r -d 'how many to request at a time'

complete -c twilio-webhooks -n '__fish_twilio-webhooks_seen_command update' -l channel -r -d 'the channel\'s sid or unique name'
complete -c twilio-webhooks -n '__fish_twilio-webhooks_seen_command update' -l service -r -d 'its chat service (else TWILIO_SERVICE_SID)'
complete -c twilio-webhooks -n '__fish_twilio-webhooks_seen_command update' -l conversation -r -d 'or a conversation\'s sid or unique name'
complete -c twilio-webhooks -n '__fish_twilio-webhooks_seen_command update' -l chat-service -r -d 'the service of the conversation, if it has one'
complete -c twilio-webhooks -n '__fish_twilio-webhooks_seen_command update' -l url -r -d 'the URL that it calls'
complete -c twilio-webhooks -n '__fish_twilio-webhooks_seen_command update' -l method -r -d 'GET or POST'
complete -c twilio-webhooks -n '__fish_twilio-webhooks_seen_command update' -l filter -r -d 'an event that calls it; repeat it for others'
complete -c twilio-webhooks -n '__fish_twilio-webhooks_seen_command update' -l trigger -r -d 'a text that calls it; repeat it for others'
complete -c twilio-webhooks -n '__fish_twilio-webhooks_seen_command update' -l flow -r -d 'the Studio flow that it starts'
complete -c twilio-webhooks -n '__fish_twilio-webhooks_seen_command update' -l retry-count -r -d 'further calls after a failure (a channel\'s)'
complete -c twilio-webhooks -n '__fish_twilio-webhooks_seen_command update' -s f -l field -r -d 'any other parameter'
complete -c twilio-webhooks -n '__fish_twilio-webhooks_seen_command update' -l dry-run -d 'show what would be sent, and send nothing'

complete -c twilio-webhooks -n '__fish_twilio-webhooks_seen_command delete' -l channel -r -d 'the channel\'s sid or unique name'
complete -c twilio-webhooks -n '__fish_twilio-webhooks_seen_command delete' -l service -r -d 'its chat service (else TWILIO_SERVICE_SID)'
complete -c twilio-webhooks -n '__fish_twilio-webhooks_seen_command delete' -l conversation -r -d 'or a conversation\'s sid or unique name'
complete -c twilio-webhooks -n '__fish_twilio-webhooks_seen_command delete' -l chat-service -r -d 'the service of the conversation, if it has one'
complete -c twilio-webhooks -n '__fish_twilio-webhooks_seen_command delete' -s y -l yes -d 'do not ask'
complete -c twilio-webhooks -n '__fish_twilio-webhooks_seen_command delete' -l dry-run -d 'show what would be sent, and send nothing'

complete -c twilio-webhooks -n '__fish_twilio-webhooks_seen_command ensure' -l channel -r -d 'the channel\'s sid or unique name'
complete -c twilio-webhooks -n '__fish_twilio-webhooks_seen_command ensure' -l service -r -d 'its chat service (else TWILIO_SERVICE_SID)'
complete -c twilio-webhooks -n '__fish_twilio-webhooks_seen_command ensure' -l conversation -r -d 'or a conversation\'s sid or unique name'
complete -c twilio-webhooks -n '__fish_twilio-webhooks_seen_command ensure' -l chat-service -r -d 'the service of the conversation, if it has one'
complete -c twilio-webhooks -n '__fish_twilio-webhooks_seen_command ensure' -l type -r -d 'webhook, trigger or studio; other flags imply it'
complete -c twilio-webhooks -n '__fish_twilio-webhooks_seen_command ensure' -l url -r -d 'the URL that it calls'
complete -c twilio-webhooks -n '__fish_twilio-webhooks_seen_command ensure' -l method -r -d 'GET or POST'
complete -c twilio-webhooks -n '__fish_twilio-webhooks_seen_command ensure' -l filter -r -d 'an event that calls it; repeat it for others'
complete -c twilio-webhooks -n '__fish_twilio-webhooks_seen_command ensure' -l trigger -r -d 'a text that calls it; repeat it for others'
complete -c twilio-webhooks -n '__fish_twilio-webhooks_seen_command ensure' -l flow -r -d 'the Studio flow that it starts'
complete -c twilio-webhooks -n '__fish_twilio-webhooks_seen_command ensure' -l retry-count -r -d 'further calls after a failure (a channel\'s)'
complete -c twilio-webhooks -n '__fish_twilio-webhooks_seen_command ensure' -l replay-after -r -d 'message index to replay from (a conversation\'s)'
complete -c twilio-webhooks -n '__fish_twilio-webhooks_seen_command ensure' -s f -l field -r -d 'any other parameter'
complete -c twilio-webhooks -n '__fish_twilio-webhooks_seen_command ensure' -l dry-run -d 'show what would be sent, and send nothing'

complete -c twilio-webhooks -n '__fish_twilio-webhooks_seen_command channels' -l service -r -d 'the service (else TWILIO_SERVICE_SID)'
complete -c twilio-webhooks -n '__fish_twilio-webhooks_seen_command channels' -l type -r -d 'public or private'
complete -c twilio-webhooks -n '__fish_twilio-webhooks_seen_command channels' -l page-size -r -d 'how many to request at a time'
complete -c twilio-webhooks -n '__fish_twilio-webhooks_seen_command channels' -l page -r -d 'where to begin: next_page of an earlier answer'

complete -c twilio-webhooks -n '__fish_twilio-webhooks_seen_command conversations' -l chat-service -r -d 'the service (else the whole account)'
complete -c twilio-webhooks -n '__fish_twilio-webhooks_seen_command conversations' -l start-date -r -d 'none older than this, such as 2026-01-31'
complete -c twilio-webhooks -n '__fish_twilio-webhooks_seen_command conversations' -l end-date -r -d 'none newer than this'
complete -c twilio-webhooks -n '__fish_twilio-webhooks_seen_command conversations' -l state -r -d 'initializing, inactive, active or closed'
complete -c twilio-webhooks -n '__fish_twilio-webhooks_seen_command conversations' -l page-size -r -d 'how many to request at a time'
complete -c twilio-webhooks -n '__fish_twilio-webhooks_seen_command conversations' -l page -r -d 'where to begin: next_page of an earlier answer'

complete -c twilio-webhooks -n '__fish_twilio-webhooks_seen_command export' -l channel -r -d 'the channel\'s sid or unique name'
complete -c twilio-webhooks -n '__fish_twilio-webhooks_seen_command export' -l service -r -d 'its chat service (else TWILIO_SERVICE_SID)'
complete -c twilio-webhooks -n '__fish_twilio-webhooks_seen_command export' -l conversation -r -d 'or a conversation\'s sid or unique name'
complete -c twilio-webhooks -n '__fish_twilio-webhooks_seen_command export' -l chat-service -r -d 'the service of the conversation, if it has one'
complete -c twilio-webhooks -n '__fish_twilio-webhooks_seen_command export' -l all-channels -d 'all channels of --service'
complete -c twilio-webhooks -n '__fish_twilio-webhooks_seen_command export' -l all-conversations -d 'all conversations, of the account or of --chat-service'
complete -c twilio-webhooks -n '__fish_twilio-webhooks_seen_command export' -l where -r -d 'only those with type=private, state=active, ..'

complete -c twilio-webhooks -n '__fish_twilio-webhooks_seen_command plan' -l out -r -d 'write the plan to a file, for apply --plan'
complete -c twilio-webhooks -n '__fish_twilio-webhooks_seen_command plan' -l format -xa 'jsonl json csv lua' -d 'FILE\'s format, if its name does not say it'
complete -c twilio-webhooks -n '__fish_twilio-webhooks_seen_command plan' -l prune -d 'delete these channels\' webhooks that no row asks for'
complete -c twilio-webhooks -n '__fish_twilio-webhooks_seen_command plan' -l prune-url -r -d 'the same, but only webhooks whose URL begins so'
complete -c twilio-webhooks -n '__fish_twilio-webhooks_seen_command plan' -l expect-no-changes -d 'exit with 6 if there are changes'
complete -c twilio-webhooks -n '__fish_twilio-webhooks_seen_command plan' -l all-channels -d 'all channels of --service'
complete -c twilio-webhooks -n '__fish_twilio-webhooks_seen_command plan' -l all-conversations -d 'all conversations, of the account or of --chat-service'
complete -c twilio-webhooks -n '__fish_twilio-webhooks_seen_command plan' -l where -r -d 'only those with type=private, state=active, ..'
complete -c twilio-webhooks -n '__fish_twilio-webhooks_seen_command plan' -l service -r -d 'its chat service (else TWILIO_SERVICE_SID)'
complete -c twilio-webhooks -n '__fish_twilio-webhooks_seen_command plan' -l chat-service -r -d 'the service of the conversation, if it has one'
complete -c twilio-webhooks -n '__fish_twilio-webhooks_seen_command plan' -l type -r -d 'webhook, trigger or studio; other flags imply it'
complete -c twilio-webhooks -n '__fish_twilio-webhooks_seen_command plan' -l url -r -d 'the URL that it calls'
complete -c twilio-webhooks -n '__fish_twilio-webhooks_seen_command plan' -l method -r -d 'GET or POST'
complete -c twilio-webhooks -n '__fish_twilio-webhooks_seen_command plan' -l filter -r -d 'an event that calls it; repeat it for others'
complete -c twilio-webhooks -n '__fish_twilio-webhooks_seen_command plan' -l trigger -r -d 'a text that calls it; repeat it for others'
complete -c twilio-webhooks -n '__fish_twilio-webhooks_seen_command plan' -l flow -r -d 'the Studio flow that it starts'
complete -c twilio-webhooks -n '__fish_twilio-webhooks_seen_command plan' -l retry-count -r -d 'further calls after a failure (a channel\'s)'
complete -c twilio-webhooks -n '__fish_twilio-webhooks_seen_command plan' -l replay-after -r -d 'message index to replay from (a conversation\'s)'
complete -c twilio-webhooks -n '__fish_twilio-webhooks_seen_command plan' -s f -l field -r -d 'any other parameter'

complete -c twilio-webhooks -n '__fish_twilio-webhooks_seen_command apply' -l plan -r -d 'instead of FILE: exactly the changes of plan --out, or none'
complete -c twilio-webhooks -n '__fish_twilio-webhooks_seen_command apply' -l journal -r -d 'the file that records what was done (FILE.journal)'
complete -c twilio-webhooks -n '__fish_twilio-webhooks_seen_command apply' -l format -xa 'jsonl json csv lua' -d 'FILE\'s format, if its name does not say it'
complete -c twilio-webhooks -n '__fish_twilio-webhooks_seen_command apply' -l prune -d 'delete these channels\' webhooks that no row asks for'
complete -c twilio-webhooks -n '__fish_twilio-webhooks_seen_command apply' -l prune-url -r -d 'the same, but only webhooks whose URL begins so'
complete -c twilio-webhooks -n '__fish_twilio-webhooks_seen_command apply' -l expect-no-changes -d 'exit with 6 if there are changes'
complete -c twilio-webhooks -n '__fish_twilio-webhooks_seen_command apply' -l all-channels -d 'all channels of --service'
complete -c twilio-webhooks -n '__fish_twilio-webhooks_seen_command apply' -l all-conversations -d 'all conversations, of the account or of --chat-service'
complete -c twilio-webhooks -n '__fish_twilio-webhooks_seen_command apply' -l where -r -d 'only those with type=private, state=active, ..'
complete -c twilio-webhooks -n '__fish_twilio-webhooks_seen_command apply' -s y -l yes -d 'do not ask'
complete -c twilio-webhooks -n '__fish_twilio-webhooks_seen_command apply' -l dry-run -d 'show what would be sent, and send nothing'
complete -c twilio-webhooks -n '__fish_twilio-webhooks_seen_command apply' -l service -r -d 'its chat service (else TWILIO_SERVICE_SID)'
complete -c twilio-webhooks -n '__fish_twilio-webhooks_seen_command apply' -l chat-service -r -d 'the service of the conversation, if it has one'
complete -c twilio-webhooks -n '__fish_twilio-webhooks_seen_command apply' -l type -r -d 'webhook, trigger or studio; other flags imply it'
complete -c twilio-webhooks -n '__fish_twilio-webhooks_seen_command apply' -l url -r -d 'the URL that it calls'
complete -c twilio-webhooks -n '__fish_twilio-webhooks_seen_command apply' -l method -r -d 'GET or POST'
complete -c twilio-webhooks -n '__fish_twilio-webhooks_seen_command apply' -l filter -r -d 'an event that calls it; repeat it for others'
complete -c twilio-webhooks -n '__fish_twilio-webhooks_seen_command apply' -l trigger -r -d 'a text that calls it; repeat it for others'
complete -c twilio-webhooks -n '__fish_twilio-webhooks_seen_command apply' -l flow -r -d 'the Studio flow that it starts'
complete -c twilio-webhooks -n '__fish_twilio-webhooks_seen_command apply' -l retry-count -r -d 'further calls after a failure (a channel\'s)'
complete -c twilio-webhooks -n '__fish_twilio-webhooks_seen_command apply' -l replay-after -r -d 'message index to replay from (a conversation\'s)'
complete -c twilio-webhooks -n '__fish_twilio-webhooks_seen_command apply' -s f -l field -r -d 'any other parameter'

complete -c twilio-webhooks -n '__fish_twilio-webhooks_seen_command verify' -l url -r -d 'as it was received, with its query'
complete -c twilio-webhooks -n '__fish_twilio-webhooks_seen_command verify' -l signature -r -d 'X-Twilio-Signature'
complete -c twilio-webhooks -n '__fish_twilio-webhooks_seen_command verify' -l body -r -d 'the request\'s body; - is standard input'
complete -c twilio-webhooks -n '__fish_twilio-webhooks_seen_command verify' -l content-type -r -d 'its Content-Type (a form\'s)'
complete -c twilio-webhooks -n '__fish_twilio-webhooks_seen_command verify' -s f -l field -r -d 'instead of a body: its fields, one by one'
complete -c twilio-webhooks -n '__fish_twilio-webhooks_seen_command verify' -l settings -r -d 'X-Twilio-Webhooks-Signature-Settings'
complete -c twilio-webhooks -n '__fish_twilio-webhooks_seen_command verify' -l key -r -d 'a shared key\'s name, for HMAC-SHA256; its secret is TWILIO_SHARED_SECRET'

complete -c twilio-webhooks -n '__fish_twilio-webhooks_seen_command send' -l event -r -d 'its EventType, such as onMessageAdded'
complete -c twilio-webhooks -n '__fish_twilio-webhooks_seen_command send' -s f -l field -r -d 'a field of the event, such as Body=Hello'
complete -c twilio-webhooks -n '__fish_twilio-webhooks_seen_command send' -l method -xa 'GET POST' -d 'GET puts the fields into the URL (POST)'
complete -c twilio-webhooks -n '__fish_twilio-webhooks_seen_command send' -l body -r -d 'instead of an event: any body'
complete -c twilio-webhooks -n '__fish_twilio-webhooks_seen_command send' -l content-type -r -d 'the body\'s (a form\'s)'
complete -c twilio-webhooks -n '__fish_twilio-webhooks_seen_command send' -l key -r -d 'a shared key\'s name, for HMAC-SHA256; its secret is TWILIO_SHARED_SECRET'
complete -c twilio-webhooks -n '__fish_twilio-webhooks_seen_command send' -l dry-run -d 'show what would be sent, and send nothing'

complete -c twilio-webhooks -n '__fish_twilio-webhooks_seen_command sandbox' -l port -r -d 'the port to listen on (8390; 0 for any free one)'
complete -c twilio-webhooks -n '__fish_twilio-webhooks_seen_command sandbox' -l host -r -d 'the address to listen on (127.0.0.1)'
complete -c twilio-webhooks -n '__fish_twilio-webhooks_seen_command sandbox' -l latency -r -d 'time until a request is processed (0)'
complete -c twilio-webhooks -n '__fish_twilio-webhooks_seen_command sandbox' -l channels -r -d 'channels that exist from the start'
complete -c twilio-webhooks -n '__fish_twilio-webhooks_seen_command sandbox' -l conversations -r -d 'conversations that exist from the start'
complete -c twilio-webhooks -n '__fish_twilio-webhooks_seen_command sandbox' -l addresses -r -d 'addresses that exist from the start'
complete -c twilio-webhooks -n '__fish_twilio-webhooks_seen_command sandbox' -l alias -r -d 'the host that answers name, such as https://chat.twilio.com'
complete -c twilio-webhooks -n '__fish_twilio-webhooks_seen_command sandbox' -l fault -r -d 'a fault, such as drop_after,probability=0.1'
complete -c twilio-webhooks -n '__fish_twilio-webhooks_seen_command sandbox' -l seed -r -d 'seed of the faults\' random numbers (1)'

complete -c twilio-webhooks -n '__fish_twilio-webhooks_seen_command doctor' -l journal -r -d 'also check this journal of an apply'


