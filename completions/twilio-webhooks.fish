# Completes twilio-webhooks in fish.

# The words so far that are neither flags nor values of flags.
function __twilio_webhooks_words
    set -l is_value no
    for word in (commandline -opc)[2..-1]
        if test $is_value = yes
            set is_value no
            continue
        end
        switch $word
            case '--' -v --verbose -h --help --version --dry-run -y --yes --all-channels --all-conversations --prune --expect-no-changes '--*=*'
            case '-*'
                # -ojson is one word. (A ? in a pattern means itself since fish 4.)
                string match -qr -- '^(--.*|-.)$' $word; and set is_value yes
            case '*'
                echo $word
        end
    end
end

# Is the command one of these? ('' is none yet.)
function __twilio_webhooks_command
    set -l words (__twilio_webhooks_words)
    contains -- "$words[1]" $argv
end

# The same, before its argument. (Each takes one.)
function __twilio_webhooks_argument
    set -l words (__twilio_webhooks_words)
    test (count $words) -eq 1; and contains -- $words[1] $argv
end

complete -c twilio-webhooks -f
complete -c twilio-webhooks -n "__twilio_webhooks_command ''" -a create -d 'Create a webhook'
complete -c twilio-webhooks -n "__twilio_webhooks_command ''" -a get -d 'Show a webhook'
complete -c twilio-webhooks -n "__twilio_webhooks_command ''" -a list -d 'List the webhooks of a channel or a conversation'
complete -c twilio-webhooks -n "__twilio_webhooks_command ''" -a update -d 'Change a webhook'
complete -c twilio-webhooks -n "__twilio_webhooks_command ''" -a delete -d 'Delete webhooks'
complete -c twilio-webhooks -n "__twilio_webhooks_command ''" -a ensure -d 'Make sure that a webhook like this exists'
complete -c twilio-webhooks -n "__twilio_webhooks_command ''" -a channels -d 'List all channels of a Chat service'
complete -c twilio-webhooks -n "__twilio_webhooks_command ''" -a conversations -d 'List all conversations of an account or a service'
complete -c twilio-webhooks -n "__twilio_webhooks_command ''" -a export -d 'Write webhooks as rows that apply takes'
complete -c twilio-webhooks -n "__twilio_webhooks_command ''" -a plan -d 'Show what apply would do for a file of webhooks'
complete -c twilio-webhooks -n "__twilio_webhooks_command ''" -a apply -d 'Give channels the webhooks that a file lists'
complete -c twilio-webhooks -n "__twilio_webhooks_command ''" -a verify -d 'Is an incoming request Twilio\'s?'
complete -c twilio-webhooks -n "__twilio_webhooks_command ''" -a send -d 'Send an event to a URL, signed as Twilio\'s are'
complete -c twilio-webhooks -n "__twilio_webhooks_command ''" -a sandbox -d 'Run the API on this machine, to try things out'
complete -c twilio-webhooks -n "__twilio_webhooks_command ''" -a doctor -d 'Find what is wrong: credentials, network, clock, files'
complete -c twilio-webhooks -n "__twilio_webhooks_command ''" -a completion -d 'Print a completion script for bash, zsh or fish'
complete -c twilio-webhooks -n "__twilio_webhooks_command ''" -a help -d 'Explain a command or a topic: flags, credentials, exit, formats'
complete -c twilio-webhooks -s o -l output -x -a 'table json jsonl tsv' -d 'table (the default), json, jsonl or tsv'
complete -c twilio-webhooks -l credentials-file -r -F -d 'credentials as lines NAME=value, or JSON; - is standard input'
complete -c twilio-webhooks -l credentials-command -x -d 'a command that prints them'
complete -c twilio-webhooks -l base-url -x -d 'where the API is, if not at Twilio'
complete -c twilio-webhooks -l edge -x -d 'Twilio\'s edge, with its region'
complete -c twilio-webhooks -l region -x -d 'Twilio\'s region, such as ie1'
complete -c twilio-webhooks -l proxy -x -d 'a proxy, whatever the environment says'
complete -c twilio-webhooks -l ca-file -r -F -d 'CA certificates in PEM'
complete -c twilio-webhooks -l deadline -x -d 'for a call and all its attempts (60)'
complete -c twilio-webhooks -l timeout -x -d 'for one request (30)'
complete -c twilio-webhooks -l rate -x -d 'requests a second, at most'
complete -c twilio-webhooks -s v -l verbose -d 'print each request on standard error'
complete -c twilio-webhooks -s h -l help -d 'what a command does, with an example'
complete -c twilio-webhooks -l version -d 'the version'
complete -c twilio-webhooks -n '__twilio_webhooks_command create get list update delete ensure export' -l channel -x -d 'the channel\'s sid or unique name'
complete -c twilio-webhooks -n '__twilio_webhooks_command create get list update delete ensure export plan apply' -l service -x -d 'its chat service (else TWILIO_SERVICE_SID)'
complete -c twilio-webhooks -n '__twilio_webhooks_command create get list update delete ensure export' -l conversation -x -d 'or a conversation\'s sid or unique name'
complete -c twilio-webhooks -n '__twilio_webhooks_command create get list update delete ensure export plan apply' -l chat-service -x -d 'the service of the conversation, if it has one'
complete -c twilio-webhooks -n '__twilio_webhooks_command create ensure plan apply' -l type -x -a 'webhook trigger studio' -d 'webhook, trigger or studio; other flags imply it'
complete -c twilio-webhooks -n '__twilio_webhooks_command create update ensure plan apply' -l url -x -d 'the URL that it calls'
complete -c twilio-webhooks -n '__twilio_webhooks_command create update ensure plan apply' -l method -x -a 'GET POST' -d 'GET or POST'
complete -c twilio-webhooks -n '__twilio_webhooks_command create update ensure plan apply' -l filter -x -a 'onChannelAdd onChannelAdded onChannelDestroy onChannelDestroyed onChannelUpdate onChannelUpdated onConversationAdd onConversationAdded onConversationRemove onConversationRemoved onConversationStateUpdated onConversationUpdate onConversationUpdated onDeliveryUpdated onMediaMessageSend onMediaMessageSent onMemberAdd onMemberAdded onMemberRemove onMemberRemoved onMemberUpdate onMemberUpdated onMessageAdd onMessageAdded onMessageRemove onMessageRemoved onMessageSend onMessageSent onMessageUpdate onMessageUpdated onParticipantAdd onParticipantAdded onParticipantRemove onParticipantRemoved onParticipantUpdate onParticipantUpdated onUserAdded onUserUpdate onUserUpdated' -d 'an event that calls it; repeat it for others'
complete -c twilio-webhooks -n '__twilio_webhooks_command create update ensure plan apply' -l trigger -x -d 'a text that calls it; repeat it for others'
complete -c twilio-webhooks -n '__twilio_webhooks_command create update ensure plan apply' -l flow -x -d 'the Studio flow that it starts'
complete -c twilio-webhooks -n '__twilio_webhooks_command create update ensure plan apply' -l retry-count -x -d 'further calls after a failure (a channel\'s)'
complete -c twilio-webhooks -n '__twilio_webhooks_command create ensure plan apply' -l replay-after -x -d 'message index to replay from (a conversation\'s)'
complete -c twilio-webhooks -n '__twilio_webhooks_command create update ensure plan apply' -s f -l field -x -d 'any other parameter'
complete -c twilio-webhooks -n '__twilio_webhooks_command create update delete ensure apply send' -l dry-run -d 'show what would be sent, and send nothing'
complete -c twilio-webhooks -n '__twilio_webhooks_command list channels conversations' -l page-size -x -d 'how many to request at a time'
complete -c twilio-webhooks -n '__twilio_webhooks_command delete apply' -s y -l yes -d 'do not ask'
complete -c twilio-webhooks -n '__twilio_webhooks_command channels' -l service -x -d 'the service (else TWILIO_SERVICE_SID)'
complete -c twilio-webhooks -n '__twilio_webhooks_command channels' -l type -x -a 'public private' -d 'public or private'
complete -c twilio-webhooks -n '__twilio_webhooks_command channels conversations' -l page -x -d 'where to begin: next_page of an earlier answer'
complete -c twilio-webhooks -n '__twilio_webhooks_command conversations' -l chat-service -x -d 'the service (else the whole account)'
complete -c twilio-webhooks -n '__twilio_webhooks_command conversations' -l start-date -x -d 'none older than this, such as 2026-01-31'
complete -c twilio-webhooks -n '__twilio_webhooks_command conversations' -l end-date -x -d 'none newer than this'
complete -c twilio-webhooks -n '__twilio_webhooks_command conversations' -l state -x -a 'initializing inactive active closed' -d 'initializing, inactive, active or closed'
complete -c twilio-webhooks -n '__twilio_webhooks_command export plan apply' -l all-channels -d 'all channels of --service'
complete -c twilio-webhooks -n '__twilio_webhooks_command export plan apply' -l all-conversations -d 'all conversations, of the account or of --chat-service'
complete -c twilio-webhooks -n '__twilio_webhooks_command export plan apply' -l where -x -d 'only those with type=private, state=active, ...'
complete -c twilio-webhooks -n '__twilio_webhooks_command plan' -l out -r -F -d 'write the plan to a file, for apply --plan'
complete -c twilio-webhooks -n '__twilio_webhooks_command plan apply' -l format -x -a 'jsonl json csv lua' -d 'FILE\'s format, if its name does not say it'
complete -c twilio-webhooks -n '__twilio_webhooks_command plan apply' -l prune -d 'delete these channels\' webhooks that no row asks for'
complete -c twilio-webhooks -n '__twilio_webhooks_command plan apply' -l prune-url -x -d 'the same, but only webhooks whose URL begins so'
complete -c twilio-webhooks -n '__twilio_webhooks_command plan apply' -l expect-no-changes -d 'exit with 6 if there are changes'
complete -c twilio-webhooks -n '__twilio_webhooks_command apply' -l plan -r -F -d 'instead of FILE: exactly the changes of plan --out, or none'
complete -c twilio-webhooks -n '__twilio_webhooks_command apply' -l journal -r -F -d 'the file that records what was done (FILE.journal)'
complete -c twilio-webhooks -n '__twilio_webhooks_command verify' -l url -x -d 'as it was received, with its query'
complete -c twilio-webhooks -n '__twilio_webhooks_command verify' -l signature -x -d 'X-Twilio-Signature'
complete -c twilio-webhooks -n '__twilio_webhooks_command verify' -l body -r -F -d 'the request\'s body; - is standard input'
complete -c twilio-webhooks -n '__twilio_webhooks_command verify' -l content-type -x -d 'its Content-Type (a form\'s)'
complete -c twilio-webhooks -n '__twilio_webhooks_command verify' -s f -l field -x -d 'instead of a body: its fields, one by one'
complete -c twilio-webhooks -n '__twilio_webhooks_command verify' -l settings -x -d 'X-Twilio-Webhooks-Signature-Settings'
complete -c twilio-webhooks -n '__twilio_webhooks_command verify send' -l key -x -d 'a shared key\'s name, for HMAC-SHA256; its secret is TWILIO_SHARED_SECRET'
complete -c twilio-webhooks -n '__twilio_webhooks_command send' -l event -x -a 'onChannelAdd onChannelAdded onChannelDestroy onChannelDestroyed onChannelUpdate onChannelUpdated onConversationAdd onConversationAdded onConversationRemove onConversationRemoved onConversationStateUpdated onConversationUpdate onConversationUpdated onDeliveryUpdated onMediaMessageSend onMediaMessageSent onMemberAdd onMemberAdded onMemberRemove onMemberRemoved onMemberUpdate onMemberUpdated onMessageAdd onMessageAdded onMessageRemove onMessageRemoved onMessageSend onMessageSent onMessageUpdate onMessageUpdated onParticipantAdd onParticipantAdded onParticipantRemove onParticipantRemoved onParticipantUpdate onParticipantUpdated onUserAdded onUserUpdate onUserUpdated' -d 'its EventType, such as onMessageAdded'
complete -c twilio-webhooks -n '__twilio_webhooks_command send' -s f -l field -x -d 'a field of the event, such as Body=Hello'
complete -c twilio-webhooks -n '__twilio_webhooks_command send' -l method -x -a 'GET POST' -d 'GET puts the fields into the URL (POST)'
complete -c twilio-webhooks -n '__twilio_webhooks_command send' -l body -r -F -d 'instead of an event: any body'
complete -c twilio-webhooks -n '__twilio_webhooks_command send' -l content-type -x -d 'the body\'s (a form\'s)'
complete -c twilio-webhooks -n '__twilio_webhooks_command sandbox' -l port -x -d 'the port to listen on (8390; 0 for any free one)'
complete -c twilio-webhooks -n '__twilio_webhooks_command sandbox' -l host -x -d 'the address to listen on (127.0.0.1)'
complete -c twilio-webhooks -n '__twilio_webhooks_command sandbox' -l latency -x -d 'time until a request is processed (0)'
complete -c twilio-webhooks -n '__twilio_webhooks_command sandbox' -l channels -x -d 'channels that exist from the start'
complete -c twilio-webhooks -n '__twilio_webhooks_command sandbox' -l conversations -x -d 'conversations that exist from the start'
complete -c twilio-webhooks -n '__twilio_webhooks_command sandbox' -l addresses -x -d 'addresses that exist from the start'
complete -c twilio-webhooks -n '__twilio_webhooks_command sandbox' -l alias -x -d 'the host that answers name, such as https://chat.twilio.com'
complete -c twilio-webhooks -n '__twilio_webhooks_command sandbox' -l fault -x -d 'a fault, such as drop_after,probability=0.1'
complete -c twilio-webhooks -n '__twilio_webhooks_command sandbox' -l seed -x -d 'seed of the faults\' random numbers (1)'
complete -c twilio-webhooks -n '__twilio_webhooks_command doctor' -l journal -r -F -d 'also check this journal of an apply'
complete -c twilio-webhooks -n '__twilio_webhooks_argument plan apply' -F
complete -c twilio-webhooks -n '__twilio_webhooks_argument completion' -a 'bash zsh fish'
complete -c twilio-webhooks -n '__twilio_webhooks_argument help' -a 'flags credentials exit formats create get list update delete ensure channels conversations export plan apply verify send sandbox doctor completion help'
