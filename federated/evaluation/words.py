"""The words of a model's card, zh and en."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Language = Literal["en", "zh"]


@dataclass(frozen=True, slots=True)
class Words:
    """One language."""

    title: str
    fact: str
    value: str
    digest: str
    purpose: str
    family: str
    departments: str
    department: str
    columns: str
    label: str
    rounds: str
    round: str
    rows: str
    not_counted: str
    cost: str
    no_noise: str
    of_counts: str
    not_bound: str
    promised: str
    membership: str
    exposure: str
    not_measured: str
    quality: str
    measured_on: str
    own_rows: str
    held_out: str
    unit: str
    trees: str
    figure: str
    calibration: str
    chance: str
    share: str
    curve: str
    fairness: str
    gap: str
    held_back: str
    protections: str
    limits: str
    none: str
    colon: str
    comma: str
    figures: Mapping[str, str]


WORDS: Mapping[Language, Words] = {
    "en": Words(
        title="Model card",
        fact="Fact",
        value="Value",
        digest="Digest of the model",
        purpose="Purpose",
        family="Kind of model",
        departments="Departments",
        department="Department",
        columns="Columns",
        label="Label",
        rounds="Rounds",
        round="Round",
        rows="Rows of all departments",
        not_counted="not counted",
        cost="Cost in privacy",
        no_noise="no noise was added",
        of_counts="{cost}, for the counts of rows held out; the rounds are exact",
        not_bound="not bound: the rounds are exact",
        promised="Membership inference, bound by the noise",
        membership="Membership inference, measured (AUC, 0.5 is none)",
        exposure="Labels told to feature owners by trees (AUC, 0.5 is none)",
        not_measured="not measured",
        quality="Quality",
        measured_on="Quality measured on",
        own_rows="the rows that it was fitted to",
        held_out="rows held out, of {share} of the persons",
        unit="{model}, hidden layer of {count}",
        trees="{model}, {count} trees of depth {depth}",
        figure="Figure",
        calibration="Calibration",
        chance="Predicted chance",
        share="Share of ones",
        curve="Loss by round",
        fairness="Department by department",
        gap="Gap between best and worst",
        held_back="held back",
        protections="What is protected",
        limits="What is not protected",
        none="nothing",
        colon=": ",
        comma=", ",
        figures={
            "rows": "Rows",
            "loss": "Loss",
            "auc": "AUC",
            "auc_error": "AUC, error of bins",
            "ks": "KS",
            "accuracy": "Accuracy",
            "rmse": "RMSE",
            "training_loss": "Loss on the rows of the training",
            "training_rmse": "RMSE on the rows of the training",
        },
    ),
    "zh": Words(
        title="模型说明卡",
        fact="事项",
        value="内容",
        digest="模型摘要值",
        purpose="目的",
        family="模型种类",
        departments="参与部门",
        department="部门",
        columns="字段",
        label="标签",
        rounds="轮数",
        round="轮次",
        rows="各部门样本合计",
        not_counted="未统计",
        cost="隐私预算消耗",
        no_noise="未加噪声",
        of_counts="{cost}(仅用于留出样本的计数;各轮训练为精确值)",
        not_bound="无上限:各轮训练为精确值",
        promised="成员推断上限(由噪声保证)",
        membership="成员推断实测(AUC,0.5 为不可推断)",
        exposure="树结构对特征方的标签暴露度(AUC,0.5 为无)",
        not_measured="未测量",
        quality="质量",
        measured_on="质量测量所用样本",
        own_rows="训练样本",
        held_out="留出样本(按人计 {share})",
        unit="{model},含 {count} 个单元的隐藏层",
        trees="{model},{count} 棵深度为 {depth} 的树",
        figure="指标",
        calibration="校准",
        chance="预测概率",
        share="实际占比",
        curve="各轮损失",
        fairness="分部门表现",
        gap="最好与最差之差",
        held_back="扣留",
        protections="保护了什么",
        limits="未保护什么",
        none="无",
        colon=":",
        comma="、",
        figures={
            "rows": "样本数",
            "loss": "损失",
            "auc": "AUC",
            "auc_error": "AUC 分箱误差",
            "ks": "KS",
            "accuracy": "准确率",
            "rmse": "均方根误差",
            "training_loss": "训练样本上的损失",
            "training_rmse": "训练样本上的均方根误差",
        },
    ),
}
