using EventCluster.Abstractions.Store;
using Npgsql;

namespace EventCluster.Storage.PostgreSql.Commits;

/// <summary>Reads what the database said to a group, and answers its commits once the transaction is committed.</summary>
internal sealed class GroupAnswers(CommitGroup group, bool isLimited)
{
    private readonly HashSet<int> _applied = [];
    private readonly Dictionary<string, (long Fence, long Version)> _heads = new(StringComparer.Ordinal);
    private readonly Dictionary<string, long> _fences = new(StringComparer.Ordinal);

    /// <summary>Creations that landed.</summary>
    public int Created { get; private set; }

    /// <summary>Reads all rows; the transaction is committed when this returns.</summary>
    public async Task ReadAsync(NpgsqlDataReader reader, CancellationToken cancellationToken)
    {
        foreach (var step in group.Steps)
        {
            while (await reader.ReadAsync(cancellationToken))
            {
                Read(reader, step);
            }

            // The one behind the last is the end of the transaction.
            await reader.NextResultAsync(cancellationToken);
        }
    }

    /// <summary>Answers every commit of the group.</summary>
    public void Answer()
    {
        for (var i = 0; i < group.Commits.Count; i++)
        {
            var pending = group.Commits[i];
            if (_applied.Contains(i))
            {
                Created += pending.Commit.ExpectedVersion == 0 ? 1 : 0;
                pending.Answer(CommitStatus.Committed);
            }
            else if (Refuse(pending.Commit) is { } status)
            {
                pending.Answer(status);
            }
            else
            {
                pending.Fail(new ArgumentException(
                    "A block continues at the old tail in the newest history, the new tail is its end, and a creating commit "
                    + "carries state and incarnations and removes nothing.",
                    pending.Commit.Name.Value));
            }
        }
    }

    private void Read(NpgsqlDataReader reader, GroupStep step)
    {
        switch (step)
        {
            case GroupStep.Heads:
                _heads[reader.GetString(0)] = (reader.GetInt64(1), reader.GetInt64(2));
                break;
            case GroupStep.Fences:
                _fences[reader.GetString(0)] = reader.GetInt64(1);
                break;
            case GroupStep.Applied:
                _applied.Add(reader.GetInt32(0));
                break;
            default:
                break;
        }
    }

    /// <summary>Null for a commit of the newest owner on the newest version, which it can never have meant.</summary>
    private CommitStatus? Refuse(StreamCommit commit)
    {
        var name = commit.Name.Value;
        if (commit.ExpectedVersion == 0)
        {
            var isNewest = _fences.TryGetValue(name, out var fence) && fence == commit.Fence;
            return !isNewest ? CommitStatus.Conflict : isLimited && CommitGroup.IsWellFormed(commit) ? CommitStatus.TooManyStreams : null;
        }

        return _heads.TryGetValue(name, out var head) && head == (commit.Fence, commit.ExpectedVersion)
            ? null
            : CommitStatus.Conflict;
    }
}
